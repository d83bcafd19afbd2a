"""What each node's kubelet tells: how full volumes are, and what containers use.

Kubelets are asked directly. By the API server's proxy they would be as well, but whoever may use that may also run
commands in every container of the cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slostack import names
from slostack.config.topology import Topology
from slostack.settings import Settings

KUBELET_PORT = 10250
"""Of every kubelet, unless its node's status says otherwise."""
VOLUME_METRICS = ("kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes")
CONTAINER_METRICS = ("container_cpu_usage_seconds_total", "container_memory_working_set_bytes")
"""All that is kept of what they expose."""


def kubelet_jobs(settings: Settings, topology: Topology) -> Iterator[dict[str, Any]]:
    """The scrape jobs of the kubelets, each of whose instances is called as its node; none where the stack has no
    account for it."""
    if topology.account is None:
        return
    found = {
        "scheme": "https",
        "authorization": {"credentials_file": f"{topology.account}/token"},
        "tls_config": _verified(settings, topology.account),
        "kubernetes_sd_configs": [{"role": "node"}],
        "relabel_configs": [{"source_labels": ["__meta_kubernetes_node_name"], "target_label": "instance"}],
    }
    volumes, containers = names.KUBELET_JOBS
    yield {"job_name": volumes, **found, "metric_relabel_configs": [_kept(VOLUME_METRICS)]}
    of_containers = [_kept(CONTAINER_METRICS), {"action": "keep", "source_labels": ["container"], "regex": ".+"}]
    yield {
        "job_name": containers,
        "metrics_path": "/metrics/cadvisor",
        "track_timestamps_staleness": True,  # its samples have times of their own, and would outlive their container
        **found,
        "metric_relabel_configs": of_containers,
    }


def _verified(settings: Settings, account: str) -> dict[str, Any]:
    """Kubelets sign their certificates themselves unless the cluster is set up otherwise."""
    if settings.exporters.verify_kubelets:
        return {"ca_file": f"{account}/ca.crt"}
    return {"insecure_skip_verify": True}


def _kept(metrics: tuple[str, ...]) -> dict[str, Any]:
    return {"action": "keep", "source_labels": ["__name__"], "regex": "|".join(metrics)}
