"""What can be reached from outside the cluster: Grafana, by an Ingress or a route."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slostack.deploy.policies.objects import Object

_EXPOSED = "grafana"
_NAME = "app.kubernetes.io/name"
_BACKENDS = ("backend", "defaultBackend", "backendRef", "backendRefs")
_SERVICE = {"group": "", "kind": "Service"}
"""What a route leads to where it doesn't say."""


def only_inside(obj: Object) -> Iterator[str]:
    """No Service is reachable from outside the cluster or leads out of it: that is for an Ingress or a Gateway."""
    if obj.kind == "Service":
        if (of_type := obj.spec.get("type") or "ClusterIP") != "ClusterIP":
            yield f"of type {of_type}, expected ClusterIP"
        if addresses := obj.spec.get("externalIPs"):
            yield f"at the external addresses {', '.join(addresses)}, expected none"


def only_grafana(obj: Object) -> Iterator[str]:
    """No Ingress and no route of the Gateway API, whatever its protocol, leads anywhere but to Grafana's pods."""
    if obj.kind == "Ingress" or obj.kind.endswith("Route"):
        for backend in _backends(obj.spec):
            if not _is_exposed(backend):
                yield f"leads to {_text(backend)}, expected the Service {_EXPOSED} of its namespace"
    elif (obj.kind, obj.name) == ("Service", _EXPOSED) and (obj.spec.get("selector") or {}).get(_NAME) != _EXPOSED:
        yield f"the Service {_EXPOSED} leads to other pods, expected those with {_NAME}: {_EXPOSED}"


def _is_exposed(backend: Mapping[str, Any]) -> bool:
    if "service" in backend:  # of an Ingress
        return bool(backend["service"].get("name") == _EXPOSED)
    of_kind = {key: backend.get(key, default) for key, default in _SERVICE.items()}
    return of_kind == _SERVICE and backend.get("name") == _EXPOSED and not backend.get("namespace")


def _text(backend: Mapping[str, Any]) -> str:
    of = backend.get("service") or backend.get("resource") or backend
    parts = (of.get("kind", "Service"), of.get("namespace"), of.get("name"))
    return " ".join(str(part) for part in parts if part)


def _backends(spec: Any) -> Iterator[Mapping[str, Any]]:
    """Whatever an Ingress or a route names as such, wherever in it."""
    for key, value in spec.items() if isinstance(spec, Mapping) else ():
        if key in _BACKENDS:
            yield from [value] if isinstance(value, Mapping) else value
        yield from _backends(value)
    if isinstance(spec, Sequence) and not isinstance(spec, str):
        for each in spec:
            yield from _backends(each)
