"""An environment's settings: typed, frozen, free of secrets."""

from slostack.settings.bucket import Bucket, LogBucket
from slostack.settings.kubernetes import (
    NODES,
    Backfill,
    Dns,
    Exposure,
    Images,
    KubernetesSettings,
    OperatorSettings,
    Resources,
    Snapshots,
)
from slostack.settings.load import PROJECT, load_settings, parse_settings, stack_names
from slostack.settings.local import DEMO_SERVICES, LOOPBACK, LocalSettings, Ports
from slostack.settings.needs import Needed, NeededJson, NeededPostgres, NeededRds, NeededRedis
from slostack.settings.part import NAMESPACE, address_of, can_be_read, host_port, mebibytes, service_namespace
from slostack.settings.servers import (
    GrafanaDatabase,
    GrafanaOidc,
    GrafanaSettings,
    LogLimit,
    LogRetention,
    LogSettings,
    LokiLimits,
    LokiSettings,
    RemoteWrite,
)
from slostack.settings.services import Pods, WatchedService
from slostack.settings.settings import STACK_FOLDER, Settings
from slostack.settings.thanos import BlockRetention, OtherCluster, ThanosSettings

__all__ = [
    "DEMO_SERVICES",
    "LOOPBACK",
    "NAMESPACE",
    "NODES",
    "PROJECT",
    "STACK_FOLDER",
    "Backfill",
    "BlockRetention",
    "Bucket",
    "Dns",
    "Exposure",
    "GrafanaDatabase",
    "GrafanaOidc",
    "GrafanaSettings",
    "Images",
    "KubernetesSettings",
    "LocalSettings",
    "LogBucket",
    "LogLimit",
    "LogRetention",
    "LogSettings",
    "LokiLimits",
    "LokiSettings",
    "Needed",
    "NeededJson",
    "NeededPostgres",
    "NeededRds",
    "NeededRedis",
    "OperatorSettings",
    "OtherCluster",
    "Pods",
    "Ports",
    "RemoteWrite",
    "Resources",
    "Settings",
    "Snapshots",
    "ThanosSettings",
    "WatchedService",
    "address_of",
    "can_be_read",
    "host_port",
    "load_settings",
    "mebibytes",
    "parse_settings",
    "service_namespace",
    "stack_names",
]
