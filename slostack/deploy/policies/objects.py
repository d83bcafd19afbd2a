"""An object as the policies see it: its type and inputs as Pulumi has them, and the pods and containers in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Inputs = Mapping[str, Any]

_PREFIX = "kubernetes:"
_INIT, _EPHEMERAL = "initContainers", "ephemeralContainers"
_ENDING = ("CronJob", "Job")
"""The kinds whose pods do something and end."""
_CONTAINERS = (_INIT, "containers", _EPHEMERAL)


@dataclass(frozen=True)
class Object:
    """A resource of a stack; `type` is Pulumi's, such as `kubernetes:apps/v1:Deployment`."""

    type: str
    inputs: Inputs

    @property
    def version(self) -> str:
        """Its API group and version, such as `apps/v1`; `""` of what is no object of Kubernetes."""
        return self.type.removeprefix(_PREFIX).rpartition(":")[0] if self.type.startswith(_PREFIX) else ""

    @property
    def kind(self) -> str:
        """Its kind, such as `Deployment`."""
        return self.type.rpartition(":")[2]

    @property
    def name(self) -> str:
        """Its name in the cluster; `""` where Pulumi is to make one."""
        return str((self.inputs.get("metadata") or {}).get("name", ""))

    @property
    def labels(self) -> Mapping[str, str]:
        return (self.inputs.get("metadata") or {}).get("labels") or {}

    @property
    def spec(self) -> Inputs:
        return self.inputs.get("spec") or {}

    def pods(self) -> Iterator[Inputs]:
        """The spec of every pod that it is or makes, whatever its kind: what has containers, however deep."""
        for part in ("spec", "template"):
            yield from _pods(self.inputs.get(part))

    def containers(self) -> Iterator[Inputs]:
        """Every container of its pods: those that prepare them and those that are added to debug them, too."""
        for pod in self.pods():
            yield from containers_of(pod)

    def lasting_containers(self) -> Iterator[Inputs]:
        """The containers that run as long as their pod: a kubelet probes no others."""
        for pod in self.pods():
            yield from (each for each in pod.get(_INIT) or () if each.get("restartPolicy") == "Always")
            if self.kind not in _ENDING:
                yield from pod.get("containers") or ()


Policy = Callable[[Object], Iterator[str]]
"""Tells what is wrong with an object."""


def containers_of(pod: Inputs) -> Iterator[Inputs]:
    """Every container of one pod."""
    for key in _CONTAINERS:
        yield from pod.get(key) or ()


def _pods(value: Any) -> Iterator[Inputs]:
    if isinstance(value, Mapping):
        if any(key in value for key in _CONTAINERS):
            yield value
        for each in value.values():
            yield from _pods(each)
