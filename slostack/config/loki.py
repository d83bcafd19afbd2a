"""Loki's config: one process on a filesystem, with retention and a ruler that writes what it counts to Prometheus."""

from __future__ import annotations

from slostack.config.alloy import SECURITY
from slostack.config.document import yaml_text
from slostack.config.prometheus import REMOTE_WRITE_PATH
from slostack.config.topology import Topology, split
from slostack.settings import LogRetention, Settings

TENANT = "fake"
"""What Loki calls its one tenant while authentication is off; its rules live in a folder of that name."""
SCHEMA_FROM = "2025-01-01"


def loki_files(settings: Settings, topology: Topology) -> dict[str, str]:
    """loki/loki.yaml; its ruler reads loki/rules/<TENANT>/*.yaml."""
    place = topology.loki
    http_host, http_port = split(place.listen)
    grpc_host, grpc_port = split(topology.loki_grpc)
    document = {
        "auth_enabled": False,
        "server": {
            "http_listen_address": http_host,
            "http_listen_port": http_port,
            "grpc_listen_address": grpc_host,
            "grpc_listen_port": grpc_port,
            "log_level": "warn",
        },
        "common": {
            "path_prefix": place.data,
            "replication_factor": 1,
            "instance_addr": grpc_host or "127.0.0.1",
            "ring": {"kvstore": {"store": "inmemory"}},
            "storage": {"filesystem": {"chunks_directory": f"{place.data}/chunks"}},
        },
        "schema_config": {
            "configs": [
                {
                    "from": SCHEMA_FROM,
                    "store": "tsdb",
                    "object_store": "filesystem",
                    "schema": "v13",
                    "index": {"prefix": "index_", "period": "24h"},
                }
            ]
        },
        "ingester": {"lifecycler": {"min_ready_duration": "0s", "final_sleep": "0s"}},
        "frontend": {"scheduler_dns_lookup_period": "1s"},
        "limits_config": {**_retention(settings.loki.retention), "volume_enabled": True},
        "compactor": {
            "working_directory": f"{place.data}/compactor",
            "retention_enabled": True,
            "delete_request_store": "filesystem",
        },
        "ruler": {
            "storage": {"type": "local", "local": {"directory": f"{place.config}/rules"}},
            "rule_path": f"{place.data}/rules",
            "alertmanager_url": ",".join(f"http://{address}" for address in topology.alertmanager.addresses),
            "external_labels": {"environment": settings.environment},
            "enable_api": True,
            "wal": {"dir": f"{place.data}/ruler-wal"},
            "remote_write": {
                "enabled": True,
                "clients": {
                    f"prometheus-{number}": {"url": f"http://{address}{REMOTE_WRITE_PATH}"}
                    for number, address in enumerate(topology.prometheus.addresses)
                },
            },
        },
        "analytics": {"reporting_enabled": False},
    }
    return {"loki/loki.yaml": yaml_text(document)}


def _retention(kept: LogRetention) -> dict[str, object]:
    """How long the lines of each level are kept; of two selectors that match, the one of the higher priority counts."""
    levels = {"trace|debug": kept.debug, "info": kept.info, "warn": kept.warn, "error": kept.error}
    streams: list[dict[str, object]] = [
        {"selector": f'{{level=~"{level}"}}', "priority": 1, "period": str(period)} for level, period in levels.items()
    ]
    streams.append({"selector": f'{{kind="{SECURITY}"}}', "priority": 2, "period": str(kept.security)})
    return {"retention_period": str(kept.other), "retention_stream": streams}
