"""Every policy holds for every object of every stack, and finds what violates it."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import pytest

from slostack.deploy.policies import EXCEPTIONS, POLICIES, is_exception, violations
from tests.components.program import ROOT, Program

DEPLOYMENT, SERVICE = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Service"
ACCOUNT, ROLE = "kubernetes:core/v1:ServiceAccount", "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
INGRESS, ROUTE = "kubernetes:networking.k8s.io/v1:Ingress", "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
GRAFANA: dict[str, Any] = {"path": "/", "backend": {"service": {"name": "grafana"}}}
LOKI = {"service": {"name": "loki"}}
LABELS = {f"app.kubernetes.io/{name}": "x" for name in ("name", "instance", "part-of", "managed-by")}
CONTAINER: dict[str, Any] = {
    "name": "main",
    "image": "quay.io/acme/shop:v1.2.3",
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
    "startupProbe": {"httpGet": {}},
    "readinessProbe": {"httpGet": {}},
    "livenessProbe": {"httpGet": {}},
    "securityContext": {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    },
    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
}
POD: dict[str, Any] = {
    "serviceAccountName": "shop",
    "automountServiceAccountToken": False,
    "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [CONTAINER],
    "volumes": [{"name": "data", "emptyDir": {}}],
}
CONTEXT = "securityContext"


def binding(role: str, name: str = "shop", subject: str = "ServiceAccount") -> dict[str, Any]:
    """The inputs of a binding that gives a role."""
    metadata = {"name": name, "labels": LABELS}
    return {"metadata": metadata, "roleRef": {"name": role}, "subjects": [{"kind": subject, "name": "shop"}]}


VIOLATING: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("requests_and_limits", "container", {"resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}),
    ("requests_and_limits", "container", {"resources": None}),
    ("three_probes", "container", {"livenessProbe": None}),
    ("three_probes", "container", {"startupProbe": None}),
    ("not_root", "pod", {CONTEXT: {**POD[CONTEXT], "runAsNonRoot": False}}),
    ("not_root", "pod", {CONTEXT: {**POD[CONTEXT], "runAsUser": 0}}),
    ("not_root", "container", {CONTEXT: {**CONTAINER[CONTEXT], "runAsUser": 0}}),
    ("read_only_root", "container", {CONTEXT: {**CONTAINER[CONTEXT], "readOnlyRootFilesystem": False}}),
    ("no_capabilities", "container", {CONTEXT: {**CONTAINER[CONTEXT], "capabilities": {}}}),
    (
        "no_capabilities",
        "container",
        {CONTEXT: {**CONTAINER[CONTEXT], "capabilities": {"drop": ["ALL"], "add": ["NET_RAW"]}}},
    ),
    ("no_more_privileges", "container", {CONTEXT: {**CONTAINER[CONTEXT], "privileged": True}}),
    ("no_more_privileges", "container", {CONTEXT: {**CONTAINER[CONTEXT], "allowPrivilegeEscalation": None}}),
    ("seccomp", "pod", {CONTEXT: {**POD[CONTEXT], "seccompProfile": None}}),
    ("seccomp", "container", {CONTEXT: {**CONTAINER[CONTEXT], "seccompProfile": {"type": "Unconfined"}}}),
    ("no_token_unless_needed", "pod", {"automountServiceAccountToken": True}),
    ("no_token_unless_needed", "pod", {"automountServiceAccountToken": None}),
    (
        "no_token_unless_needed",
        "pod",
        {"volumes": [{"name": "data", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}]},
    ),
    ("own_account", "pod", {"serviceAccountName": "default"}),
    ("pinned_image", "container", {"image": "quay.io/acme/shop:latest"}),
    ("pinned_image", "container", {"image": "quay.io/acme/shop"}),
    ("no_host_paths", "pod", {"volumes": [{"name": "data", "hostPath": {"path": "/var/run"}}]}),
    ("host_paths_read_only", "pod", {"volumes": [{"name": "data", "hostPath": {"path": "/var/run"}}]}),
    ("no_host_namespaces", "pod", {"hostNetwork": True}),
    ("no_host_namespaces", "pod", {"hostPID": True}),
    ("no_host_namespaces", "container", {"ports": [{"containerPort": 80, "hostPort": 80}]}),
    ("whole_folders", "container", {"volumeMounts": [{"name": "data", "mountPath": "/data", "subPath": "x"}]}),
    ("secrets_only_as_files", "container", {"env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "s"}}}]}),
    ("secrets_only_as_files", "container", {"envFrom": [{"secretRef": {"name": "s"}}]}),
)
OTHERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("labelled", SERVICE, {"metadata": {"labels": {**LABELS, "app.kubernetes.io/part-of": ""}}}),
    ("only_inside", SERVICE, {"spec": {"type": "LoadBalancer"}}),
    ("only_inside", SERVICE, {"spec": {"type": "NodePort"}}),
    ("only_inside", SERVICE, {"spec": {"externalIPs": ["192.0.2.1"]}}),
    ("no_token_unless_needed", ACCOUNT, {"automountServiceAccountToken": True}),
    ("least_rights", ROLE, {"rules": [{"resources": ["secrets"], "verbs": ["get"]}]}),
    ("least_rights", ROLE, {"rules": [{"resources": ["nodes/proxy"], "verbs": ["get"]}]}),
    ("least_rights", ROLE, {"rules": [{"resources": ["*"], "verbs": ["list"]}]}),
    ("least_rights", ROLE, {"rules": [{"resources": ["pods"], "verbs": ["*"]}]}),
    ("least_rights", ROLE, {"rules": [{"resources": ["pods"], "verbs": ["delete"]}]}),
    ("least_rights", ROLE, {"rules": [{"apiGroups": ["*"], "resources": ["pods"], "verbs": ["list"]}]}),
    ("least_rights", f"{ROLE}Binding", binding("cluster-admin")),
    ("least_rights", f"{ROLE}Binding", binding("system:node", "system:node")),
    ("least_rights", f"{ROLE}Binding", binding("another")),
    ("least_rights", BINDING, binding("shop", subject="Group")),
    ("only_grafana", INGRESS, {"spec": {"defaultBackend": {"service": {"name": "prometheus-any"}}}}),
    ("only_grafana", INGRESS, {"spec": {"rules": [{"http": {"paths": [GRAFANA, {**GRAFANA, "backend": LOKI}]}}]}}),
    ("only_grafana", ROUTE, {"spec": {"rules": [{"backendRefs": [{"name": "grafana"}, {"name": "alertmanager"}]}]}}),
    ("only_grafana", ROUTE, {"spec": {"rules": [{"filters": [{"requestMirror": {"backendRef": {"name": "x"}}}]}]}}),
)


def deployment(part: str = "pod", edit: dict[str, Any] | None = None) -> dict[str, Any]:
    """The inputs of a Deployment that violates nothing, but for what is edited in its pod or its container."""
    pod: dict[str, Any] = deepcopy(POD)
    changed = pod if part == "pod" else pod["containers"][0]
    changed.update(edit or {})
    return {"metadata": {"labels": LABELS}, "spec": {"template": {"spec": pod}}}


def test_nothing_in_any_stack_violates_a_policy(program: Program) -> None:
    assert program.resources
    assert [(each.name, what) for each in program.resources for what in violations(each.type, each.inputs)] == []


def test_each_exception_is_needed(prod: Program) -> None:
    needed = {
        (policy.__name__, each.inputs["metadata"]["labels"]["app.kubernetes.io/name"])
        for each in prod.resources
        for policy in POLICIES
        if any(policy(each.type, each.inputs))
    }
    assert needed == set(EXCEPTIONS)


def test_an_object_as_it_should_be_violates_nothing() -> None:
    assert list(violations(DEPLOYMENT, deployment())) == []
    assert list(violations(BINDING, binding("shop"))) == []
    assert list(violations(INGRESS, {"metadata": {"labels": LABELS}, "spec": {"rules": [{"http": [GRAFANA]}]}})) == []


@pytest.mark.parametrize(("policy", "part", "edit"), VIOLATING)
def test_a_pod_that_violates_a_policy_is_found(policy: str, part: str, edit: dict[str, Any]) -> None:
    assert {found.split(":")[0] for found in violations(DEPLOYMENT, deployment(part, edit))} >= {policy}


@pytest.mark.parametrize("part", ["initContainers", "containers"])
def test_every_container_of_a_pod_is_looked_at(part: str) -> None:
    inputs = deployment()
    bad = {**CONTAINER, "name": "bad", "image": "nginx:latest"}
    inputs["spec"]["template"]["spec"].setdefault(part, []).append(bad)
    assert [found.split(":")[0] for found in violations(DEPLOYMENT, inputs)] == ["pinned_image"]


@pytest.mark.parametrize(("policy", "kind", "edit"), OTHERS)
def test_another_object_that_violates_a_policy_is_found(policy: str, kind: str, edit: dict[str, Any]) -> None:
    assert [found.split(":")[0] for found in violations(kind, {"metadata": {"labels": LABELS}, **edit})] == [policy]


def test_every_policy_has_something_that_violates_it() -> None:
    assert {policy.__name__ for policy in POLICIES} == {name for name, *_ in (*VIOLATING, *OTHERS)}


def test_an_exception_is_of_one_server_and_one_policy() -> None:
    inputs = deployment("pod", {"volumes": [{"name": "data", "hostPath": {"path": "/"}}]})
    inputs["metadata"]["labels"] = LABELS | {"app.kubernetes.io/name": "node-exporter"}
    assert [found.split(":")[0] for found in violations(DEPLOYMENT, inputs)] == ["host_paths_read_only"]
    assert [policy.__name__ for policy in POLICIES if is_exception(policy, inputs)] == ["no_host_paths"]


def test_the_documentation_lists_every_policy_and_every_exception() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rules = re.findall(r"^\| `(\w+)` \| (.+) \|$", text.split("## Policies\n")[1].split("\n## ")[0], re.MULTILINE)
    assert dict(rules) == {policy.__name__: " ".join(str(policy.__doc__).split()) for policy in POLICIES}
    rows = re.findall(
        r"^\| `(\w+)` \| `([\w-]+)` \| (.+?) \|", text.split("## Exceptions\n")[1].split("\n## ")[0], re.MULTILINE
    )
    assert {(policy, server): reason for policy, server, reason in rows} == EXCEPTIONS
