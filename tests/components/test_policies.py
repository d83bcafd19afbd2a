"""Every policy holds for every object of every stack, and finds what violates it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from slostack.deploy.policies import EXCEPTIONS, POLICIES, Object, violations
from tests.components.program import ROOT, Program
from tests.components.test_snapshots import with_snapshots

DEPLOYMENT, SERVICE = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Service"
ACCOUNT, RBAC = "kubernetes:core/v1:ServiceAccount", "kubernetes:rbac.authorization.k8s.io/v1:"
ROLE, LOCAL_ROLE, BINDING = f"{RBAC}ClusterRole", f"{RBAC}Role", f"{RBAC}RoleBinding"
INGRESS, GATEWAY = "kubernetes:networking.k8s.io/v1:Ingress", "kubernetes:gateway.networking.k8s.io/v1:"
ROUTE, SECRET = f"{GATEWAY}HTTPRoute", "kubernetes:core/v1:Secret"
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


OF_PROMETHEUS = "slostack-acme-prometheus"
PROMETHEUS = {"kind": "ServiceAccount", "name": "prometheus", "namespace": "acme"}


def binding(role: str = OF_PROMETHEUS, kind: str = "Role", **subject: str) -> dict[str, Any]:
    """The inputs of a binding that gives a role, to prometheus' account but for what is said of it."""
    metadata = {"name": OF_PROMETHEUS, "labels": LABELS}
    return {"metadata": metadata, "roleRef": {"kind": kind, "name": role}, "subjects": [PROMETHEUS | subject]}


def role(name: str = OF_PROMETHEUS, **rule: list[str]) -> dict[str, Any]:
    """The inputs of a role with one rule, to list pods but for what is said of it."""
    listing = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
    return {"metadata": {"name": name, "labels": LABELS}, "rules": [listing | rule]}


def to(*backends: Mapping[str, str]) -> dict[str, Any]:
    """The inputs of a route to some backends."""
    return {"spec": {"rules": [{"backendRefs": list(backends)}]}}


PINNED = (
    "quay.io/acme/shop:1.2.3",
    "quay.io/acme/shop:v1.2.3-rc.1",
    "localhost/shop:1.2.3",
    "mirror:5000/a/shop:1.2.3",
    f"quay.io/acme/shop@sha256:{'0' * 64}",
    f"quay.io/acme/shop:v1.2.3@sha256:{'0' * 64}",
)
NOT_PINNED = (
    "quay.io/acme/shop:latest",
    "quay.io/acme/shop",
    "quay.io/acme/shop:v1",
    "quay.io/acme/shop:1.2",
    "quay.io/acme/shop:v1.2-alpine",
    "quay.io/acme/shop:stable",
    "quay.io/acme/shop@sha256:abc",
    "acme/shop:v1.2.3",
    "shop:v1.2.3",
    "localhost:1.2.3",
    "",
)
VIOLATING: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("requests_and_limits", "container", {"resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}),
    ("requests_and_limits", "container", {"resources": None}),
    ("three_probes", "container", {"livenessProbe": None}),
    ("three_probes", "container", {"startupProbe": None}),
    ("three_probes", "pod", {"initContainers": [{**CONTAINER, "restartPolicy": "Always", "startupProbe": None}]}),
    ("not_root", "pod", {CONTEXT: {**POD[CONTEXT], "runAsNonRoot": False}}),
    ("not_root", "pod", {CONTEXT: {**POD[CONTEXT], "runAsUser": 0}}),
    ("not_root", "pod", {CONTEXT: {"seccompProfile": POD[CONTEXT]["seccompProfile"]}}),
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
    ("own_account", "pod", {"serviceAccountName": "another"}),
    *(("pinned_image", "container", {"image": image}) for image in NOT_PINNED),
    ("no_host_paths", "pod", {"volumes": [{"name": "data", "hostPath": {"path": "/var/run"}}]}),
    ("no_host_paths", "pod", {"volumes": [{"name": "data", "csi": {"driver": "hostpath.csi.k8s.io"}}]}),
    ("host_paths_read_only", "pod", {"volumes": [{"name": "data", "hostPath": {"path": "/var/run"}}]}),
    ("no_host_namespaces", "pod", {"hostNetwork": True}),
    ("no_host_namespaces", "pod", {"hostPID": True}),
    ("no_host_namespaces", "pod", {"hostIPC": True}),
    ("no_host_namespaces", "container", {"ports": [{"containerPort": 80, "hostPort": 80}]}),
    *(
        ("whole_folders", "container", {"volumeMounts": [{"name": "data", "mountPath": "/data", key: "x"}]})
        for key in ("subPath", "subPathExpr")
    ),
    ("secrets_only_as_files", "container", {"env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "s"}}}]}),
    ("secrets_only_as_files", "container", {"envFrom": [{"secretRef": {"name": "s"}}]}),
)
UNKNOWN = (
    *(f"{GATEWAY}{protocol}Route" for protocol in ("GRPC", "TLS", "TCP", "UDP")),
    f"{GATEWAY}Gateway",
    "kubernetes:traefik.io/v1alpha1:IngressRoute",
    "kubernetes:helm.sh/v3:Release",
    "kubernetes:core/v1:Pod",
    "kubernetes:core/v1:PodList",
    "kubernetes:core/v1:Endpoints",
    "kubernetes:core/v1:PersistentVolume",
    "kubernetes:core/v1:ServicePatch",
    "kubernetes:batch/v1:Job",
    "kubernetes:acme.example/v1:Deployment",
)
"""Kinds that other policies can't judge."""
OTHERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("labelled", SERVICE, {"metadata": {"labels": {**LABELS, "app.kubernetes.io/part-of": ""}}}),
    *(("only_inside", SERVICE, {"spec": {"type": each}}) for each in ("LoadBalancer", "NodePort", "ExternalName")),
    ("only_inside", SERVICE, {"spec": {"externalIPs": ["192.0.2.1"]}}),
    ("no_token_unless_needed", ACCOUNT, {"automountServiceAccountToken": True}),
    ("no_token_unless_needed", SECRET, {"type": "kubernetes.io/service-account-token"}),
    ("least_rights", ROLE, role(resources=["secrets"], verbs=["get"])),
    ("least_rights", ROLE, role(resources=["configmaps"])),
    ("least_rights", ROLE, role(resources=["nodes/proxy"], verbs=["get"])),
    *(
        ("least_rights", kind, role(resources=[resource]))
        for kind in (ROLE, LOCAL_ROLE)
        for resource in ("*", "*/*", "pods/*", "*/exec", "pods/exec", "nodes/*")
    ),
    *(
        ("least_rights", LOCAL_ROLE, role(verbs=[verb]))
        for verb in ("*", "get", "delete", "create", "patch", "deletecollection", "impersonate", "escalate", "bind")
    ),
    *(("least_rights", LOCAL_ROLE, role(apiGroups=[group])) for group in ("*", "apps", "metrics.k8s.io")),
    ("least_rights", ROLE, role()),  # Prometheus lists pods in namespaces alone
    ("least_rights", LOCAL_ROLE, role(name="slostack-acme-grafana")),
    ("least_rights", LOCAL_ROLE, role(name="prometheus")),
    ("least_rights", ROLE, {**role(), "rules": [{"nonResourceURLs": ["*"], "verbs": ["get"]}]}),
    ("least_rights", ROLE, {**role(), "rules": [], "aggregationRule": {"clusterRoleSelectors": [{}]}}),
    (
        "least_rights",
        ROLE,
        {"metadata": {"labels": {**LABELS, "rbac.authorization.k8s.io/aggregate-to-view": "true"}}},
    ),
    ("least_rights", f"{ROLE}Binding", binding("cluster-admin", "ClusterRole")),
    ("least_rights", f"{ROLE}Binding", binding(kind="Role")),
    ("least_rights", BINDING, binding(kind="ClusterRole")),
    ("least_rights", BINDING, binding("slostack-acme-alloy")),
    ("least_rights", BINDING, {**binding(), "subjects": [PROMETHEUS | {"kind": "Group"}]}),
    ("least_rights", BINDING, binding(name="grafana")),
    ("least_rights", BINDING, binding(namespace="another")),
    (
        "least_rights",
        f"{ROLE}Binding",
        {
            "metadata": {"name": "slostack-a-kube-state-metrics", "labels": LABELS},
            "roleRef": {"kind": "ClusterRole", "name": "slostack-a-kube-state-metrics"},
            "subjects": [{"kind": "ServiceAccount", "namespace": "a-kube-state", "name": "metrics"}],
        },
    ),
    ("only_grafana", INGRESS, {"spec": {"defaultBackend": {"service": {"name": "prometheus-any"}}}}),
    ("only_grafana", INGRESS, {"spec": {"defaultBackend": {"resource": {"kind": "Bucket", "name": "grafana"}}}}),
    ("only_grafana", INGRESS, {"spec": {"rules": [{"http": {"paths": [GRAFANA, {**GRAFANA, "backend": LOKI}]}}]}}),
    ("only_grafana", ROUTE, to({"name": "grafana"}, {"name": "alertmanager"})),
    ("only_grafana", ROUTE, to({"name": "grafana", "namespace": "another"})),
    ("only_grafana", ROUTE, to({"name": "grafana", "kind": "ServiceImport", "group": "multicluster.x-k8s.io"})),
    ("only_grafana", ROUTE, {"spec": {"rules": [{"filters": [{"requestMirror": {"backendRef": {"name": "x"}}}]}]}}),
    ("only_grafana", SERVICE, {"metadata": {"name": "grafana", "labels": LABELS}, "spec": {"selector": {}}}),
    *(("known_kind", kind, {}) for kind in UNKNOWN),
)


def deployment(part: str = "pod", edit: dict[str, Any] | None = None) -> dict[str, Any]:
    """The inputs of a Deployment that violates nothing, but for what is edited in its pod or its container."""
    pod: dict[str, Any] = deepcopy(POD)
    changed = pod if part == "pod" else pod["containers"][0]
    changed.update(edit or {})
    return {"metadata": {"name": "shop", "labels": LABELS}, "spec": {"template": {"spec": pod}}}


def test_nothing_in_any_stack_violates_a_policy(program: Program) -> None:
    assert program.resources
    assert [(each.name, what) for each in program.resources for what in violations(each.type, each.inputs)] == []


def test_each_exception_is_needed(prod: Program) -> None:
    needed = {
        (policy.__name__, f"{each.kind} {each.name}", what)
        for each in (Object(found.type, found.inputs) for found in (*prod.resources, *with_snapshots().resources))
        for policy in POLICIES
        for what in policy(each)
    }
    assert needed == set(EXCEPTIONS)


def test_an_object_as_it_should_be_violates_nothing() -> None:
    assert list(violations(DEPLOYMENT, deployment())) == []
    assert list(violations(BINDING, binding())) == []
    assert list(violations(LOCAL_ROLE, role())) == []
    assert list(violations(INGRESS, {"metadata": {"labels": LABELS}, "spec": {"rules": [{"http": [GRAFANA]}]}})) == []
    assert list(violations(ROUTE, {"metadata": {"labels": LABELS}, **to({"name": "grafana", "kind": "Service"})})) == []


@pytest.mark.parametrize("image", PINNED)
def test_an_image_of_one_version_or_digest_is_pinned(image: str) -> None:
    assert list(violations(DEPLOYMENT, deployment("container", {"image": image}))) == []


def test_a_container_that_ends_before_the_others_start_needs_no_probes() -> None:
    preparing = {key: value for key, value in CONTAINER.items() if not key.endswith("Probe")}
    assert list(violations(DEPLOYMENT, deployment("pod", {"initContainers": [preparing]}))) == []


@pytest.mark.parametrize(("policy", "part", "edit"), VIOLATING)
def test_a_pod_that_violates_a_policy_is_found(policy: str, part: str, edit: dict[str, Any]) -> None:
    assert {found.split(":")[0] for found in violations(DEPLOYMENT, deployment(part, edit))} >= {policy}


@pytest.mark.parametrize("part", ["initContainers", "containers", "ephemeralContainers"])
@pytest.mark.parametrize(("policy", "edit"), [(name, edit) for name, part, edit in VIOLATING if part == "container"])
def test_every_container_of_a_pod_is_looked_at(part: str, policy: str, edit: dict[str, Any]) -> None:
    inputs = deployment()
    bad = {**CONTAINER, "name": "bad", "restartPolicy": "Always", **edit}
    inputs["spec"]["template"]["spec"].setdefault(part, []).append(bad)
    found = [found.split(":")[0] for found in violations(DEPLOYMENT, inputs)]
    if part == "ephemeralContainers" and policy == "three_probes":
        assert found == []
    else:
        assert set(found) == {policy}


@pytest.mark.parametrize("mount", [{"readOnly": True}, {}])
def test_a_nodes_files_are_looked_for_in_every_container(mount: dict[str, bool]) -> None:
    mounting = {**CONTAINER, "volumeMounts": [{"name": "data", "mountPath": "/host", **mount}]}
    volume = {"name": "data", "hostPath": {"path": "/etc"}}
    inputs = deployment("pod", {"initContainers": [mounting], "containers": [], "volumes": [volume]})
    found = [found.split(":")[0] for found in violations(DEPLOYMENT, inputs)]
    assert found == ["no_host_paths", *(["host_paths_read_only"] if not mount else [])]


def test_a_pod_is_found_in_whatever_makes_it() -> None:
    pod = deployment("pod", {"hostNetwork": True})["spec"]["template"]
    metadata = {"name": "shop", "labels": LABELS}
    for inputs in ({"spec": pod["spec"]}, {"spec": {"jobTemplate": {"spec": {"template": pod}}}}, {"template": pod}):
        found = violations("kubernetes:acme.example/v1:Rollout", {"metadata": metadata, **inputs})
        assert [each.split(":")[0] for each in found] == ["known_kind", "no_host_namespaces"]


@pytest.mark.parametrize(("policy", "kind", "edit"), OTHERS)
def test_another_object_that_violates_a_policy_is_found(policy: str, kind: str, edit: dict[str, Any]) -> None:
    found = violations(kind, {"metadata": {"labels": LABELS}, **edit})
    assert {each.split(":")[0] for each in found} == {policy}


@pytest.mark.parametrize("protocol", ["HTTP", "GRPC", "TLS", "TCP", "UDP"])
def test_a_route_of_any_protocol_is_looked_at(protocol: str) -> None:
    found = violations(f"{GATEWAY}{protocol}Route", {"metadata": {"labels": LABELS}, **to({"name": "loki"})})
    assert "only_grafana: leads to Service loki, expected the Service grafana of its namespace" in found


def test_what_a_role_gives_too_much_is_told_with_what_is_expected() -> None:
    inputs = role(resources=["pods", "secrets"], verbs=["list", "get"])
    assert list(violations(LOCAL_ROLE, inputs)) == [
        f"least_rights: Role {OF_PROMETHEUS}: rule 1 lets {what}, expected at most list, watch pods"
        for what in ("get pods", "list, get secrets")
    ]


def test_every_policy_has_something_that_violates_it() -> None:
    assert {policy.__name__ for policy in POLICIES} == {name for name, *_ in (*VIOLATING, *OTHERS)}


EXCEPTED = ("DaemonSet", "node-exporter", "/", "/host", True)


@pytest.mark.parametrize(
    ("kind", "name", "path", "mounted", "read_only"),
    [
        EXCEPTED,
        ("Deployment", *EXCEPTED[1:]),
        ("DaemonSet", "alloy", *EXCEPTED[2:]),
        (*EXCEPTED[:2], "/var/run", *EXCEPTED[3:]),
        (*EXCEPTED[:3], "/", True),
        (*EXCEPTED[:4], False),
    ],
)
def test_a_nodes_files_are_for_one_workload_in_one_way(
    kind: str, name: str, path: str, mounted: str, read_only: bool
) -> None:
    mount = {"name": "root", "mountPath": mounted, "readOnly": read_only}
    container = {**CONTAINER, "name": "node-exporter", "volumeMounts": [mount]}
    volume = {"name": "root", "hostPath": {"path": path}}
    inputs = deployment("pod", {"serviceAccountName": name, "containers": [container], "volumes": [volume]})
    labels = LABELS | {"app.kubernetes.io/name": "node-exporter"}
    inputs["metadata"] = {"name": name, "labels": labels}
    found = [each.split(":")[0] for each in violations(f"kubernetes:apps/v1:{kind}", inputs)]
    if (kind, name, path, mounted) != EXCEPTED[:4]:
        assert found == ["no_host_paths"]
    else:
        assert found == ([] if read_only else ["host_paths_read_only"])


def test_a_nodes_files_are_for_no_container_beside() -> None:
    mount = {"name": "root", "mountPath": "/host", "readOnly": True}
    beside = [{**CONTAINER, "name": each, "volumeMounts": [mount]} for each in ("node-exporter", "beside")]
    volume = {"name": "root", "hostPath": {"path": "/"}}
    edit = {"serviceAccountName": "node-exporter", "containers": beside, "volumes": [volume]}
    inputs = deployment("pod", edit) | {"metadata": {"name": "node-exporter", "labels": LABELS}}
    assert [each.split(":")[0] for each in violations("kubernetes:apps/v1:DaemonSet", inputs)] == ["no_host_paths"]


def test_the_exception_of_a_token_is_of_one_workload() -> None:
    inputs = deployment("pod", {"serviceAccountName": "alloy", "automountServiceAccountToken": True})
    inputs["metadata"] = {"name": "alloy", "labels": LABELS}
    assert list(violations("kubernetes:apps/v1:DaemonSet", inputs)) == []
    assert [each.split(":")[0] for each in violations(DEPLOYMENT, inputs)] == ["no_token_unless_needed"]


def test_the_documentation_lists_every_policy_and_every_exception() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rules = re.findall(r"^\| `(\w+)` \| (.+) \|$", text.split("## Policies\n")[1].split("\n## ")[0], re.MULTILINE)
    assert dict(rules) == {policy.__name__: " ".join(str(policy.__doc__).split()) for policy in POLICIES}
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) `([\w-]+)` \| (.+?) \| (.+?) \|",
        text.split("## Exceptions\n")[1].split("\n## ")[0],
        re.MULTILINE,
    )
    assert {(policy, f"{kind} {name}", what): reason for policy, kind, name, what, reason in rows} == EXCEPTIONS
