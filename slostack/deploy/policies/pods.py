"""What no pod may be, and none of its containers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slostack.deploy.policies.objects import Inputs, Object, containers_of

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_REGISTRY = r"(localhost|[\w-]+(\.[\w-]+)+)(:\d+)?|[\w-]+:\d+"
_VERSION = r":v?\d+\.\d+\.\d+([.-][\w.-]+)?"
_DIGEST = r"(:[\w.-]+)?@sha256:[0-9a-f]{64}"
_IMAGE = re.compile(rf"({_REGISTRY})(/[a-z0-9._-]+)+({_VERSION}|{_DIGEST})")
_PINNED = "<registry>/<path> with :<major>.<minor>.<patch> or @sha256:<digest>"
_VOLUMES = ("configMap", "downwardAPI", "emptyDir", "persistentVolumeClaim", "projected", "secret")


def requests_and_limits(obj: Object) -> Iterator[str]:
    """Every container asks for processor time and memory, and has a limit of both."""
    for container in obj.containers():
        resources = container.get("resources") or {}
        for part in ("requests", "limits"):
            for resource in ("cpu", "memory"):
                if not (resources.get(part) or {}).get(resource):
                    yield f"{container['name']}: no {resource} in {part}"


def three_probes(obj: Object) -> Iterator[str]:
    """Every container that runs as long as its pod tells when it has started, when it is ready and whether it lives."""
    for container in obj.lasting_containers():
        yield from (f"{container['name']}: no {probe}" for probe in _PROBES if not container.get(probe))


def not_root(obj: Object) -> Iterator[str]:
    """No process runs as root."""
    for pod in obj.pods():
        context = pod.get("securityContext") or {}
        if not context.get("runAsNonRoot") or context.get("runAsUser") == 0:
            yield "pod: not runAsNonRoot, or with a runAsUser that is 0"
    for container in obj.containers():
        context = container.get("securityContext") or {}
        if context.get("runAsNonRoot") is False or context.get("runAsUser") == 0:
            yield f"{container['name']}: runs as root"


def read_only_root(obj: Object) -> Iterator[str]:
    """Every container's root file system is read-only."""
    for container in obj.containers():
        if not (container.get("securityContext") or {}).get("readOnlyRootFilesystem"):
            yield f"{container['name']}: its root file system is writable"


def no_capabilities(obj: Object) -> Iterator[str]:
    """Every container drops all capabilities and adds none."""
    for container in obj.containers():
        capabilities = (container.get("securityContext") or {}).get("capabilities") or {}
        if list(capabilities.get("drop") or ()) != ["ALL"] or capabilities.get("add"):
            yield f"{container['name']}: has capabilities"


def no_more_privileges(obj: Object) -> Iterator[str]:
    """No container is privileged or may gain privileges."""
    for container in obj.containers():
        context = container.get("securityContext") or {}
        if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
            yield f"{container['name']}: is privileged, or may become so"


def seccomp(obj: Object) -> Iterator[str]:
    """Every pod has the container runtime's own seccomp profile, and no container another one."""
    for pod in obj.pods():
        for name, part in (("pod", pod), *((each["name"], each) for each in containers_of(pod))):
            profile = (part.get("securityContext") or {}).get("seccompProfile")
            if (profile or part is pod) and (profile or {}).get("type") != "RuntimeDefault":
                yield f"{name}: no seccomp profile RuntimeDefault"


def pinned_image(obj: Object) -> Iterator[str]:
    """Every image is that of a registry's name and a digest, or a version of three numbers: never `latest`, a major or
    a minor version alone."""
    for container in obj.containers():
        if not _IMAGE.fullmatch(str(container.get("image", ""))):
            yield f"{container['name']}: image {container.get('image')}, expected {_PINNED}"


def no_host_paths(obj: Object) -> Iterator[str]:
    """No pod sees a node's files, or has a volume that another driver fills."""
    for pod in obj.pods():
        for volume in pod.get("volumes") or ():
            if path := (volume.get("hostPath") or {}).get("path"):
                seen = " and ".join(_seen(pod, volume["name"])) or "no container"
                yield f"volume {volume['name']}: the node's {path}, seen by {seen}"
            elif others := sorted(key for key in volume if key not in ("name", *_VOLUMES)):
                yield f"volume {volume['name']}: {', '.join(others)}, expected one of {', '.join(_VOLUMES)}"


def _seen(pod: Inputs, volume: str) -> Iterator[str]:
    """Which containers mount a volume, and where."""
    for container in containers_of(pod):
        for mount in container.get("volumeMounts") or ():
            if mount["name"] == volume:
                yield f"{container['name']} at {mount['mountPath']}"


def host_paths_read_only(obj: Object) -> Iterator[str]:
    """No pod writes a node's files."""
    for pod in obj.pods():
        on_host = {volume["name"] for volume in pod.get("volumes") or () if "hostPath" in volume}
        for container in containers_of(pod):
            for mount in container.get("volumeMounts") or ():
                if mount["name"] in on_host and not mount.get("readOnly"):
                    yield f"{container['name']}: may write the node's files at {mount['mountPath']}"


def no_host_namespaces(obj: Object) -> Iterator[str]:
    """No pod shares a node's network, processes or IPC, or a port of its."""
    for pod in obj.pods():
        yield from (f"shares {key}" for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key))
        for container in containers_of(pod):
            yield from (
                f"port {each['hostPort']} of the node" for each in container.get("ports") or () if "hostPort" in each
            )


def whole_folders(obj: Object) -> Iterator[str]:
    """No file is mounted by itself (subPath, subPathExpr): it would never see an update."""
    for container in obj.containers():
        for mount in container.get("volumeMounts") or ():
            for key in ("subPath", "subPathExpr"):
                if mount.get(key):
                    yield f"{container['name']}: {mount['mountPath']} is mounted by {key}"


def secrets_only_as_files(obj: Object) -> Iterator[str]:
    """No variable holds a secret: variables are seen in dumps and by child processes."""
    for container in obj.containers():
        for variable in container.get("env") or ():
            if "secretKeyRef" in (variable.get("valueFrom") or {}):
                yield f"{container['name']}: {variable['name']} is a secret, expected a file"
        if any("secretRef" in each for each in container.get("envFrom") or ()):
            yield f"{container['name']}: a Secret as variables, expected files"
