"""Loki's config: one process on a filesystem, or replicas that share a bucket; with retention, and a ruler that writes
what it counts to Prometheus."""

from __future__ import annotations

from slostack.config.alloy import SECURITY
from slostack.config.bucket import loki_bucket
from slostack.config.document import yaml_text
from slostack.config.prometheus import REMOTE_WRITE_PATH
from slostack.config.topology import Place, Ring, Topology, split
from slostack.settings import LogRetention, LokiLimits, LokiSettings, Settings, mebibytes

TENANT = "fake"
"""What Loki calls its one tenant while authentication is off; its rules live in a folder of that name."""
SCHEMA_FROM = "2025-01-01"
_SHARDED = {"enable_sharding": True, "ring": {"heartbeat_period": "5s", "heartbeat_timeout": "20s"}}
"""Each group of rules is judged by one replica, and by another twice that time after it went without a word."""
REPLAY_FLAG = "-ingester.wal-replay-memory-ceiling"
"""How much of its write-ahead log Loki reads at its start before it stores that and reads on."""
COPIES = 3
"""How many replicas keep a line; it is taken once most of them have it."""


def loki_files(settings: Settings, topology: Topology) -> dict[str, str]:
    """loki/loki.yaml; its ruler reads loki/rules/<TENANT>/*.yaml."""
    place, loki, ring = topology.loki, settings.loki, topology.loki_ring
    http_host, http_port = split(place.listen)
    grpc_host, grpc_port = split(topology.loki_grpc)
    store, storage = _store(loki, place)
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
            **(_shared(ring) if ring else _alone(grpc_host)),
            "storage": {store: storage},
        },
        **(_gossip(ring, settings.environment) if ring else {}),
        "schema_config": {
            "configs": [
                {
                    "from": SCHEMA_FROM,
                    "store": "tsdb",
                    "object_store": store,
                    "schema": "v13",
                    "index": {"prefix": "index_", "period": "24h"},
                }
            ]
        },
        **({} if ring else {"ingester": {"lifecycler": {"min_ready_duration": "0s", "final_sleep": "0s"}}}),
        "frontend": {"scheduler_dns_lookup_period": "1s"},
        "limits_config": {**_retention(loki.retention), **_limits(loki.limits), "volume_enabled": True},
        "compactor": {
            "working_directory": f"{place.data}/compactor",
            "retention_enabled": True,
            "delete_request_store": store,
            **({"deletion_marker_object_store_prefix": "deletion-markers/"} if loki.bucket else {}),
        },
        "ruler": {
            "storage": {"type": "local", "local": {"directory": f"{place.config}/rules"}},
            "rule_path": f"{place.data}/rules",
            "alertmanager_url": ",".join(f"http://{address}" for address in topology.alertmanager.addresses),
            "external_labels": {"environment": settings.environment},
            "enable_api": True,
            **(_SHARDED if ring else {}),
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


def _store(loki: LokiSettings, place: Place) -> tuple[str, object]:
    """The kind of store that lines are kept in, and where that is."""
    if loki.bucket:
        return loki.bucket.type, loki_bucket(loki.bucket)
    return "filesystem", {"chunks_directory": f"{place.data}/chunks"}


def _alone(host: str) -> dict[str, object]:
    return {
        "replication_factor": 1,
        "instance_addr": host or "127.0.0.1",
        "ring": {"kvstore": {"store": "inmemory"}},
    }


def _shared(ring: Ring) -> dict[str, object]:
    """Which replicas keep a line, and which one judges a rule or deletes what is old, is agreed on by gossip."""
    return {
        "replication_factor": COPIES,
        "instance_addr": ring.address,
        "ring": {"instance_id": ring.name, "kvstore": {"store": "memberlist"}},
    }


def _gossip(ring: Ring, environment: str) -> dict[str, object]:
    """The label keeps out those of another stack, whose pod may get the address that one of this had."""
    return {
        "memberlist": {
            "cluster_label": f"slostack-{environment}",
            "bind_addr": [ring.address],
            "bind_port": ring.listen,
            "advertise_port": ring.listen,
            "join_members": list(ring.peers),
            "rejoin_interval": "1m",
        }
    }


def _limits(limits: LokiLimits) -> dict[str, object]:
    """Each replica limits what it takes by itself: who sends keeps to one of them for long."""
    rate = mebibytes(limits.ingestion)
    return {
        "ingestion_rate_strategy": "local",
        "ingestion_rate_mb": rate,
        "ingestion_burst_size_mb": 2 * rate,
        "max_global_streams_per_user": limits.streams,
        "max_query_length": str(limits.query_range),
    }


def _retention(kept: LogRetention) -> dict[str, object]:
    """How long the lines of each level are kept; of two selectors that match, the one of the higher priority counts."""
    levels = {"trace|debug": kept.debug, "info": kept.info, "warn": kept.warn, "error": kept.error}
    streams: list[dict[str, object]] = [
        {"selector": f'{{level=~"{level}"}}', "priority": 1, "period": str(period)} for level, period in levels.items()
    ]
    streams.append({"selector": f'{{kind="{SECURITY}"}}', "priority": 2, "period": str(kept.security)})
    return {"retention_period": str(kept.other), "retention_stream": streams}
