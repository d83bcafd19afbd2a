"""The labels that every object carries, and those that select a server's pods."""

from __future__ import annotations

import re

STACK = "slostack"

_COMPONENTS = {
    "prometheus": "metrics",
    "alertmanager": "notifications",
    "loki": "logs",
    "grafana": "dashboards",
    "alloy": "log-collector",
    "blackbox": "probes",
    "snapshots": "recovery",
    "backfill": "recovery",
    "thanos-query": "metrics",
    "thanos-store": "metrics",
    "thanos-compactor": "metrics",
}
"""Whatever else there is is an exporter."""


def stack_labels() -> dict[str, str]:
    """The labels of what belongs to no single server."""
    return {
        "app.kubernetes.io/instance": STACK,
        "app.kubernetes.io/part-of": STACK,
        "app.kubernetes.io/managed-by": "pulumi",
    }


def server_labels(server: str, version: str) -> dict[str, str]:
    """The labels of a server's objects."""
    return {
        **stack_labels(),
        "app.kubernetes.io/name": server,
        "app.kubernetes.io/component": _COMPONENTS.get(re.sub(r"-\d+$", "", server), "exporter"),
        "app.kubernetes.io/version": version,
    }


def selector(server: str) -> dict[str, str]:
    """What selects a server's pods. Never change it: a StatefulSet's selector can't be edited, only replaced."""
    return {"app.kubernetes.io/name": server, "app.kubernetes.io/instance": STACK}
