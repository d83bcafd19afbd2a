"""Whom Thanos' query asks for series: sidecars, stores, and the queries of other clusters."""

from __future__ import annotations

from typing import Any

from slostack.config.document import yaml_text
from slostack.config.topology import Place, Topology
from slostack.settings import OtherCluster, Settings

ENDPOINTS_FILE = "endpoints.yaml"
_CA_FOLDER = "ca"
_ALONE = {"strict": True}
"""Of what nobody has but one: it is asked also while it is away, so that answers tell of what they lack."""


def thanos_files(settings: Settings, topology: Topology) -> dict[str, str]:
    """thanos-query/endpoints.yaml and the certificates that it names; nothing where no Thanos runs."""
    thanos = topology.thanos
    if thanos is None:
        return {}
    clusters = sorted(settings.thanos.query.clusters.items())
    endpoints = [
        *(
            {"address": address, **(_ALONE if len(replicas) == 1 else {})}
            for replicas in thanos.series
            for address in replicas
        ),
        *(_of_cluster(name, cluster, thanos.query) for name, cluster in clusters),
    ]
    return {
        f"thanos-query/{ENDPOINTS_FILE}": yaml_text({"endpoints": endpoints}),
        **{f"thanos-query/{_CA_FOLDER}/{name}.pem": cluster.ca for name, cluster in clusters if cluster.ca},
    }


def _of_cluster(name: str, cluster: OtherCluster, query: Place) -> dict[str, Any]:
    if not cluster.tls:
        return {"address": cluster.host, **_ALONE}
    ca = {"ca_file": f"{query.config}/{_CA_FOLDER}/{name}.pem"} if cluster.ca else {}
    return {"address": cluster.host, **_ALONE, "client_config": {"tls_config": {"enabled": True, **ca}}}
