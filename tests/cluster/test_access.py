"""What each service account may do, and may not: asked of a real API server."""

from __future__ import annotations

from itertools import product

import pytest

from tests.cluster.control_plane import Cluster
from tests.cluster.manifests import manifests, stack_program

NAMESPACE = "slostack"
NODES = "slostack-nodes"
OTHER = "default"
EVERYWHERE = (NAMESPACE, NODES, OTHER)
VERBS = ("get", "list", "watch", "create", "patch", "delete")
RESOURCES = (
    *("pods", "pods/log", "pods/exec", "services", "endpoints", "nodes", "nodes/metrics", "nodes/proxy", "secrets"),
    *("configmaps", "namespaces", "serviceaccounts/token", "persistentvolumeclaims", "apps/deployments"),
    *("apps/statefulsets", "apps/daemonsets", "batch/jobs", "batch/cronjobs", "autoscaling/horizontalpodautoscalers"),
    *("discovery.k8s.io/endpointslices", "rbac.authorization.k8s.io/clusterroles", "*"),
)
_COUNTED = (
    *("nodes", "pods", "persistentvolumeclaims", "apps/deployments", "apps/statefulsets", "apps/daemonsets"),
    *("batch/jobs", "batch/cronjobs", "autoscaling/horizontalpodautoscalers"),
)

Action = tuple[str, str, str]
"""A namespace, a verb and a resource."""

MAY: dict[str, set[Action]] = {
    "prometheus": {
        *product((NAMESPACE, NODES), ("list", "watch"), ("pods",)),
        *product(EVERYWHERE, ("list", "watch"), ("nodes",)),
        *product(EVERYWHERE, ("get",), ("nodes/metrics",)),
    },
    "alertmanager": set(),
    "loki": set(),
    "grafana": set(),
    "alloy": {
        *product(EVERYWHERE, ("get", "list", "watch"), ("pods",)),
        *product(EVERYWHERE, ("get",), ("pods/log",)),
    },
    "blackbox": set(),
    "kube-state-metrics": set(product(EVERYWHERE, ("list", "watch"), _COUNTED)),
    "node-exporter": set(),
}


@pytest.fixture(scope="module")
def accounts(cluster: Cluster) -> dict[str, str]:
    """The namespace of each account of prod, whose accounts and roles are in the cluster."""
    kinds = ("Namespace", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
    objects = [each for each in manifests(stack_program("prod", NAMESPACE)) if each["kind"] in kinds]
    cluster.apply(objects)
    metadata = [each["metadata"] for each in objects if each["kind"] == "ServiceAccount"]
    return {each["name"]: each["namespace"] for each in metadata}


def test_every_account_is_in_the_table(accounts: dict[str, str]) -> None:
    assert set(accounts) == set(MAY)


@pytest.mark.parametrize("account", MAY)
def test_an_account_may_do_what_it_needs_and_nothing_else(
    cluster: Cluster, accounts: dict[str, str], account: str
) -> None:
    own = accounts[account]
    user, groups = f"system:serviceaccount:{own}:{account}", ("system:serviceaccounts", "system:authenticated")
    asked = product(EVERYWHERE, VERBS, RESOURCES)
    allowed = {each for each in asked if cluster.allows(user, groups, _attributes(*each))}
    assert allowed == MAY[account]


def _attributes(namespace: str, verb: str, path: str) -> dict[str, str]:
    """An action as a review asks it; `pods/log` is a part of a pod, `apps/deployments` a resource of a group."""
    head, _, tail = path.partition("/")
    if head == "apps" or head == "batch" or head == "autoscaling" or "." in head:
        return {"namespace": namespace, "verb": verb, "group": head, "resource": tail}
    return {"namespace": namespace, "verb": verb, "resource": head, "subresource": tail}
