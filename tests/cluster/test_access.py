"""What each service account may do, and may not: asked of a real API server."""

from __future__ import annotations

from itertools import product

import pytest

from tests.cluster.control_plane import Cluster
from tests.cluster.manifests import manifests, stack_program
from tests.components.program import CLUSTER_STACKS
from tests.components.test_kubernetes import EXPORTERS

KINDS = ("Namespace", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
NAMESPACES = {stack: f"access-{stack}" for stack in CLUSTER_STACKS}
VERBS = ("get", "list", "watch", "create", "patch", "delete")
RESOURCES = (
    *("pods", "pods/log", "pods/exec", "services", "endpoints", "nodes", "nodes/metrics", "nodes/proxy", "secrets"),
    *("configmaps", "namespaces", "serviceaccounts/token", "persistentvolumeclaims", "apps/deployments"),
    *("apps/statefulsets", "apps/daemonsets", "batch/jobs", "batch/cronjobs", "autoscaling/horizontalpodautoscalers"),
    *("discovery.k8s.io/endpointslices", "rbac.authorization.k8s.io/clusterroles", "*"),
)
_TELLING = (
    "pods",
    "pods/log",
    "pods/exec",
    "nodes",
    "nodes/metrics",
    "nodes/proxy",
    "secrets",
    "apps/deployments",
    "*",
)
ASKED = {"prod": (VERBS, RESOURCES)} | dict.fromkeys(("dev", "staging"), (("get", "list", "create"), _TELLING))
"""The verbs and resources that are asked about, by stack: of the smaller ones those that would tell a difference."""
_COUNTED = (
    *("nodes", "pods", "persistentvolumeclaims", "apps/deployments", "apps/statefulsets", "apps/daemonsets"),
    *("batch/jobs", "batch/cronjobs", "autoscaling/horizontalpodautoscalers"),
)

Action = tuple[str, str, str]
"""A namespace, a verb and a resource."""

ACCOUNTS = ("prometheus", "alertmanager", "loki", "grafana", "alloy", "blackbox", "kube-state-metrics", "node-exporter")
"""But for those of exporters, which have no right and no token."""


def may(account: str, own: str, nodes: str, everywhere: tuple[str, ...]) -> set[Action]:
    """What an account may do; `own` and `nodes` are the namespaces of its stack."""
    match account:
        case "prometheus":
            return {
                *product((own, nodes), ("list", "watch"), ("pods",)),
                *product(everywhere, ("list", "watch"), ("nodes",)),
                *product(everywhere, ("get",), ("nodes/metrics",)),
            }
        case "alloy":
            return {
                *product(everywhere, ("get", "list", "watch"), ("pods",)),
                *product(everywhere, ("get",), ("pods/log",)),
            }
        case "kube-state-metrics":
            return set(product(everywhere, ("list", "watch"), _COUNTED))
        case _:
            return set()


@pytest.fixture(scope="module")
def accounts(cluster: Cluster) -> dict[str, dict[str, str]]:
    """The namespace of each account, by stack; all stacks' accounts and roles are in the cluster together."""
    found = {}
    for stack, namespace in NAMESPACES.items():
        objects = [each for each in manifests(stack_program(stack, namespace)) if each["kind"] in KINDS]
        cluster.apply(objects)
        metadata = [each["metadata"] for each in objects if each["kind"] == "ServiceAccount"]
        found[stack] = {each["name"]: each["namespace"] for each in metadata}
    return found


@pytest.mark.parametrize("stack", NAMESPACES)
def test_every_account_is_asked_about(accounts: dict[str, dict[str, str]], stack: str) -> None:
    assert set(accounts[stack]) - set(EXPORTERS) == set(ACCOUNTS)


@pytest.mark.parametrize("stack", NAMESPACES)
@pytest.mark.parametrize("account", ACCOUNTS)
def test_an_account_may_do_what_it_needs_and_nothing_else(
    cluster: Cluster, accounts: dict[str, dict[str, str]], stack: str, account: str
) -> None:
    namespace, own = accounts[stack][account], NAMESPACES[stack]
    another = next(each for each in NAMESPACES.values() if each != own)
    everywhere = (own, f"{own}-nodes", another)
    user, groups = f"system:serviceaccount:{namespace}:{account}", ("system:serviceaccounts", "system:authenticated")
    asked = set(product(everywhere, *ASKED[stack]))
    allowed = {each for each in asked if cluster.allows(user, groups, _attributes(*each))}
    assert allowed == may(account, *everywhere[:2], everywhere) & asked


def _attributes(namespace: str, verb: str, path: str) -> dict[str, str]:
    """An action as a review asks it; `pods/log` is a part of a pod, `apps/deployments` a resource of a group."""
    head, _, tail = path.partition("/")
    if head == "apps" or head == "batch" or head == "autoscaling" or "." in head:
        return {"namespace": namespace, "verb": verb, "group": head, "resource": tail}
    return {"namespace": namespace, "verb": verb, "resource": head, "subresource": tail}
