"""What an object may ask of the cluster's API: nothing but what RIGHTS lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from slostack.deploy.policies.objects import Object

_LISTS, _READS = ("list", "watch"), ("get", "list", "watch")
_LOGS = {"pods": _READS, "pods/log": ("get",)}

RIGHTS: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]] = {
    ("prometheus", "Role"): {"pods": _LISTS},
    ("prometheus", "ClusterRole"): {"nodes": _LISTS, "nodes/metrics": ("get",)},
    ("alloy", "Role"): _LOGS,
    ("alloy", "ClusterRole"): _LOGS,
    ("kube-state-metrics", "ClusterRole"): dict.fromkeys(
        (
            *("nodes", "persistentvolumeclaims", "pods", "daemonsets.apps", "deployments.apps", "statefulsets.apps"),
            *("horizontalpodautoscalers.autoscaling", "cronjobs.batch", "jobs.batch"),
        ),
        _LISTS,
    ),
    ("snapshots", "Role"): {
        "volumesnapshots.snapshot.storage.k8s.io": ("create", "delete", "get", "list", "patch", "watch")
    },
}
"""The verbs that a server's account may have at most, by server and kind of role, and by resource with its API group,
as kubectl writes it."""
_GROUP = "rbac.authorization.k8s.io/"
_AGGREGATED = f"{_GROUP}aggregate-to-"


def least_rights(obj: Object) -> Iterator[str]:
    """No role gives more than its server needs, and each is given to its server's own service account alone."""
    if obj.version.startswith(_GROUP):
        found = _given_to_others(obj) if obj.kind.endswith("Binding") else _more_than_needed(obj)
        yield from (f"{obj.kind} {obj.name}: {each}" for each in found)


def _more_than_needed(role: Object) -> Iterator[str]:
    needed = RIGHTS.get((_server(role.name), role.kind), {})
    expected = "; ".join(f"{', '.join(verbs)} {resource}" for resource, verbs in needed.items()) or "no right"
    for number, rule in enumerate(role.inputs.get("rules") or (), start=1):
        for found in _exceeding(rule, needed):
            yield f"rule {number} lets {found}, expected at most {expected}"
    if role.inputs.get("aggregationRule"):
        yield "an aggregationRule gives it the rights of other roles, expected none"
    for label in role.labels:
        if label.startswith(_AGGREGATED):
            yield f"the label {label} gives its rights to another role, expected none"


def _exceeding(rule: Mapping[str, Any], needed: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """What of a rule is not needed; a resource, verb or group of `*` never is."""
    verbs = rule.get("verbs") or ()
    for url in rule.get("nonResourceURLs") or ():
        yield f"{', '.join(verbs)} {url}"
    for group, resource in product(rule.get("apiGroups") or ("",), rule.get("resources") or ()):
        name = f"{resource}.{group}" if group else resource
        if more := [verb for verb in verbs if verb not in needed.get(name, ())]:
            yield f"{', '.join(more)} {name}"


def _given_to_others(binding: Object) -> Iterator[str]:
    role, of_kind = binding.inputs.get("roleRef") or {}, binding.kind.removesuffix("Binding")
    if (role.get("kind"), role.get("name")) != (of_kind, binding.name):
        yield f"gives the {role.get('kind')} {role.get('name')}, expected the {of_kind} of its own name"
    for each in binding.inputs.get("subjects") or ():
        server, namespace = each.get("name"), each.get("namespace")
        named = (_server(str(role.get("name"))), role.get("name"))
        if each.get("kind") != "ServiceAccount" or named != (server, f"slostack-{namespace}-{server}"):
            expected = "the ServiceAccount that the role is named for: slostack-<namespace>-<account>"
            yield f"gives its role to the {each.get('kind')} {server} of {namespace}, expected {expected}"


def _server(role: str) -> str:
    """The server that a role is named for."""
    servers = {server for server, _ in RIGHTS}
    return next((each for each in servers if role.startswith("slostack-") and role.endswith(f"-{each}")), "")


def no_token_unless_needed(obj: Object) -> Iterator[str]:
    """No pod, and no account by itself, gets a token for the cluster's API."""
    pods = list(obj.pods())
    parts = [obj.inputs] if obj.kind == "ServiceAccount" else pods
    yield from ("has a token" for part in parts if part.get("automountServiceAccountToken") is not False)
    for volume in (volume for pod in pods for volume in pod.get("volumes") or ()):
        if any("serviceAccountToken" in each for each in (volume.get("projected") or {}).get("sources") or ()):
            yield f"volume {volume['name']}: a token"
    if obj.kind == "Secret" and obj.inputs.get("type") == "kubernetes.io/service-account-token":
        yield "a Secret that holds a token, expected type Opaque"


def own_account(obj: Object) -> Iterator[str]:
    """Every pod runs as the service account of its workload's own name, which has the rights of no other."""
    for pod in obj.pods():
        if (account := pod.get("serviceAccountName") or "default") != obj.name:
            yield f"runs as {account}, expected the account {obj.name}"
