"""What no object of a stack may be: plain functions over a resource's type and inputs, as Pulumi has them.

Each tells the violations of one policy, none where there are none. policy-pack/ has Pulumi ask them at every preview.
What a server needs in spite of one is in EXCEPTIONS, and nowhere else; docs/security.md says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Inputs = Mapping[str, Any]
Policy = Callable[[str, Inputs], Iterator[str]]

_CORE, _RBAC = "kubernetes:core/v1:", "kubernetes:rbac.authorization.k8s.io/v1:"
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet")
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_LABELS = ("instance", "part-of", "managed-by")
_IMAGE = re.compile(r"\S+/\S+(:v?[0-9][0-9A-Za-z.+-]*)(@sha256:[0-9a-f]{64})?|\S+@sha256:[0-9a-f]{64}")
_BUILT_IN = re.compile(r"cluster-admin|admin|edit|view|system:.*")
"""The roles that a cluster has from the start."""
_BACKENDS = ("backend", "defaultBackend", "backendRef", "backendRefs")
_WRITING = {"create", "update", "patch", "delete", "deletecollection", "bind", "escalate", "impersonate", "*"}

EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("no_host_paths", "node-exporter"): "reads the node's root file system, read-only",
    ("no_token_unless_needed", "prometheus"): "finds pods and nodes, and scrapes kubelets",
    ("no_token_unless_needed", "alloy"): "finds pods and reads their logs",
    ("no_token_unless_needed", "kube-state-metrics"): "lists what it exports",
}
"""The policies that do not hold for a server, and what it does that needs it."""


def requests_and_limits(kind: str, inputs: Inputs) -> Iterator[str]:
    """Every container asks for processor time and memory, and has a limit of both."""
    for container in _containers(kind, inputs):
        resources = container.get("resources") or {}
        for part in ("requests", "limits"):
            for resource in ("cpu", "memory"):
                if not (resources.get(part) or {}).get(resource):
                    yield f"{container['name']}: no {resource} in {part}"


def three_probes(kind: str, inputs: Inputs) -> Iterator[str]:
    """Every container tells when it has started, when it is ready and whether it lives."""
    for container in _containers(kind, inputs):
        yield from (f"{container['name']}: no {probe}" for probe in _PROBES if not container.get(probe))


def not_root(kind: str, inputs: Inputs) -> Iterator[str]:
    """No process runs as root."""
    for pod in _pods(kind, inputs):
        context = pod.get("securityContext") or {}
        if not context.get("runAsNonRoot") or not context.get("runAsUser"):
            yield "pod: not runAsNonRoot with a runAsUser above 0"
    for container in _containers(kind, inputs):
        context = container.get("securityContext") or {}
        if context.get("runAsNonRoot") is False or context.get("runAsUser") == 0:
            yield f"{container['name']}: runs as root"


def read_only_root(kind: str, inputs: Inputs) -> Iterator[str]:
    """Every container's root file system is read-only."""
    for container in _containers(kind, inputs):
        if not (container.get("securityContext") or {}).get("readOnlyRootFilesystem"):
            yield f"{container['name']}: its root file system is writable"


def no_capabilities(kind: str, inputs: Inputs) -> Iterator[str]:
    """Every container drops all capabilities and adds none."""
    for container in _containers(kind, inputs):
        capabilities = (container.get("securityContext") or {}).get("capabilities") or {}
        if list(capabilities.get("drop") or ()) != ["ALL"] or capabilities.get("add"):
            yield f"{container['name']}: has capabilities"


def no_more_privileges(kind: str, inputs: Inputs) -> Iterator[str]:
    """No container is privileged or may gain privileges."""
    for container in _containers(kind, inputs):
        context = container.get("securityContext") or {}
        if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
            yield f"{container['name']}: is privileged, or may become so"


def seccomp(kind: str, inputs: Inputs) -> Iterator[str]:
    """Every pod has the container runtime's own seccomp profile, and no container another one."""
    for pod in _pods(kind, inputs):
        for name, part in (("pod", pod), *((each["name"], each) for each in _all_containers(pod))):
            profile = (part.get("securityContext") or {}).get("seccompProfile")
            if (profile or name == "pod") and (profile or {}).get("type") != "RuntimeDefault":
                yield f"{name}: no seccomp profile RuntimeDefault"


def no_token_unless_needed(kind: str, inputs: Inputs) -> Iterator[str]:
    """No pod, and no account by itself, gets a token for the cluster's API."""
    pods = list(_pods(kind, inputs))
    parts = [inputs] if kind == f"{_CORE}ServiceAccount" else pods
    yield from ("has a token" for part in parts if part.get("automountServiceAccountToken") is not False)
    for volume in (volume for pod in pods for volume in pod.get("volumes") or ()):
        if any("serviceAccountToken" in each for each in (volume.get("projected") or {}).get("sources") or ()):
            yield f"volume {volume['name']}: a token"


def own_account(kind: str, inputs: Inputs) -> Iterator[str]:
    """No pod runs as its namespace's default account, which others may give rights to."""
    for pod in _pods(kind, inputs):
        if pod.get("serviceAccountName", "default") == "default":
            yield "runs as the default service account"


def pinned_image(kind: str, inputs: Inputs) -> Iterator[str]:
    """Every image is of one version or digest, never of what is newest."""
    for container in _containers(kind, inputs):
        if not _IMAGE.fullmatch(str(container.get("image", ""))):
            yield f"{container['name']}: image {container.get('image')}, expected a registry and a version or digest"


def no_host_paths(kind: str, inputs: Inputs) -> Iterator[str]:
    """No pod sees a node's files."""
    for pod in _pods(kind, inputs):
        for volume in pod.get("volumes") or ():
            if "hostPath" in volume:
                yield f"volume {volume['name']}: the node's {volume['hostPath'].get('path')}"


def host_paths_read_only(kind: str, inputs: Inputs) -> Iterator[str]:
    """No pod writes a node's files."""
    for pod in _pods(kind, inputs):
        on_host = {volume["name"] for volume in pod.get("volumes") or () if "hostPath" in volume}
        for container in _all_containers(pod):
            for mount in container.get("volumeMounts") or ():
                if mount["name"] in on_host and not mount.get("readOnly"):
                    yield f"{container['name']}: may write the node's files at {mount['mountPath']}"


def no_host_namespaces(kind: str, inputs: Inputs) -> Iterator[str]:
    """No pod shares a node's network, processes or IPC, or a port of its."""
    for pod in _pods(kind, inputs):
        yield from (f"shares {key}" for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key))
        for container in _all_containers(pod):
            yield from (
                f"port {each['hostPort']} of the node" for each in container.get("ports") or () if "hostPort" in each
            )


def whole_folders(kind: str, inputs: Inputs) -> Iterator[str]:
    """No file is mounted by itself (subPath): it would never see an update."""
    for container in _containers(kind, inputs):
        for mount in container.get("volumeMounts") or ():
            if mount.get("subPath"):
                yield f"{container['name']}: {mount['mountPath']} is mounted by subPath"


def labelled(kind: str, inputs: Inputs) -> Iterator[str]:
    """Every object has Kubernetes' recommended labels, by which it is found."""
    if kind.startswith("kubernetes:"):
        labels = (inputs.get("metadata") or {}).get("labels") or {}
        yield from (f"no label {name}" for name in _LABELS if not labels.get(f"app.kubernetes.io/{name}"))


def only_inside(kind: str, inputs: Inputs) -> Iterator[str]:
    """No Service is reachable from outside the cluster: that is for an Ingress or a Gateway."""
    if kind == f"{_CORE}Service":
        spec = inputs.get("spec") or {}
        if spec.get("type", "ClusterIP") != "ClusterIP" or spec.get("externalIPs"):
            yield f"a Service of type {spec.get('type')} or with external addresses"


def secrets_only_as_files(kind: str, inputs: Inputs) -> Iterator[str]:
    """No variable holds a secret: variables are seen in dumps and by child processes."""
    for container in _containers(kind, inputs):
        for variable in container.get("env") or ():
            if "secretKeyRef" in (variable.get("valueFrom") or {}):
                yield f"{container['name']}: {variable['name']} is a secret, expected a file"
        if any("secretRef" in each for each in container.get("envFrom") or ()):
            yield f"{container['name']}: a Secret as variables, expected files"


def least_rights(kind: str, inputs: Inputs) -> Iterator[str]:
    """No role writes, reads Secrets, gets into containers, or is about everything; none but such a role is given, and
    to service accounts alone."""
    if kind in (f"{_RBAC}Role", f"{_RBAC}ClusterRole"):
        yield from _too_much(inputs.get("rules") or ())
    elif kind in (f"{_RBAC}RoleBinding", f"{_RBAC}ClusterRoleBinding"):
        role = (inputs.get("roleRef") or {}).get("name")
        if role != (inputs.get("metadata") or {}).get("name") or _BUILT_IN.fullmatch(str(role)):
            yield f"gives the role {role}, expected one of its own name"
        for subject in inputs.get("subjects") or ():
            if subject.get("kind") != "ServiceAccount":
                yield f"gives its role to the {subject.get('kind')} {subject.get('name')}"


def _too_much(rules: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for rule in rules:
        if "*" in (rule.get("apiGroups") or ()):
            yield "is about every group of the API"
        if writes := _WRITING & set(rule.get("verbs") or ()):
            yield f"may {', '.join(sorted(writes))}"
        for resource in rule.get("resources") or ():
            if resource in ("*", "secrets", "nodes/proxy", "pods/exec", "pods/attach", "pods/portforward"):
                yield f"is about {resource}"


def only_grafana(kind: str, inputs: Inputs) -> Iterator[str]:
    """No Ingress and no HTTPRoute leads anywhere but to Grafana."""
    if kind.endswith((":Ingress", ":HTTPRoute")):
        for backend in _backends(inputs.get("spec")):
            name = (backend.get("service") or backend).get("name")
            if name != "grafana":
                yield f"leads to {name}"


def _backends(spec: Any) -> Iterator[Mapping[str, Any]]:
    """Whatever an Ingress or a route names as such, wherever in it."""
    for key, value in spec.items() if isinstance(spec, Mapping) else ():
        if key in _BACKENDS:
            yield from value if isinstance(value, list | tuple) else [value]
        yield from _backends(value)
    for each in spec if isinstance(spec, list | tuple) else ():
        yield from _backends(each)


POLICIES: tuple[Policy, ...] = (
    requests_and_limits,
    three_probes,
    not_root,
    read_only_root,
    no_capabilities,
    no_more_privileges,
    seccomp,
    no_token_unless_needed,
    own_account,
    pinned_image,
    no_host_paths,
    host_paths_read_only,
    no_host_namespaces,
    whole_folders,
    labelled,
    only_inside,
    secrets_only_as_files,
    least_rights,
    only_grafana,
)


def violations(kind: str, inputs: Inputs) -> Iterator[str]:
    """What every policy finds wrong with a resource, but for the exceptions: `policy: what`."""
    for policy in POLICIES:
        if not is_exception(policy, inputs):
            yield from (f"{policy.__name__}: {what}" for what in policy(kind, inputs))


def is_exception(policy: Policy, inputs: Inputs) -> bool:
    """Whether a policy does not hold for the server that an object belongs to."""
    labels = (inputs.get("metadata") or {}).get("labels") or {}
    return (policy.__name__, labels.get("app.kubernetes.io/name")) in EXCEPTIONS


def _pods(kind: str, inputs: Inputs) -> Iterator[dict[str, Any]]:
    """The pod's spec, of what has one."""
    spec = inputs.get("spec") or {}
    if kind == f"{_CORE}Pod":
        yield spec
    elif kind == "kubernetes:batch/v1:CronJob":
        yield spec["jobTemplate"]["spec"]["template"]["spec"]
    elif kind.startswith("kubernetes:") and kind.rpartition(":")[2] in _WORKLOADS:
        yield spec["template"]["spec"]


def _containers(kind: str, inputs: Inputs) -> Iterator[dict[str, Any]]:
    for pod in _pods(kind, inputs):
        yield from _all_containers(pod)


def _all_containers(pod: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from pod.get("initContainers") or ()
    yield from pod.get("containers") or ()
