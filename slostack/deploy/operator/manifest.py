"""Kubernetes objects as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slostack.deploy.kubernetes.labels import STACK
from slostack.settings import Settings

Manifest = dict[str, Any]


def manifest(api_version: str, kind: str, name: str, settings: Settings, **content: Any) -> Manifest:
    """An object in the stack's namespace with the labels that the operator's selectors want."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": metadata(name, settings, settings.operator.labels),
        **content,
    }


def config_map(name: str, settings: Settings, data: Mapping[str, str], labels: Mapping[str, str]) -> Manifest:
    """A ConfigMap in the stack's namespace."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(name, settings, labels),
        "data": dict(data),
    }


def metadata(name: str, settings: Settings, labels: Mapping[str, str]) -> dict[str, Any]:
    """An object's metadata: the labels are the stack's and those of its kind."""
    own = {f"app.kubernetes.io/{label}": STACK for label in ("instance", "part-of", "managed-by")}
    return {
        "name": name,
        "namespace": settings.kubernetes.namespace,
        "labels": {**settings.kubernetes.labels, **own, **labels},
    }


def camel_case(key: str) -> str:
    """A key of Prometheus' or Alertmanager's config as the operator's objects spell it."""
    first, *rest = key.split("_")
    return first + "".join(word.capitalize() for word in rest)
