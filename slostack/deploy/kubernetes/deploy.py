"""Puts a bundle into a cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version

import pulumi

from slostack.bundle import Bundle
from slostack.config import TENANT
from slostack.config.exporters import exporters
from slostack.config.grafana import SCRAPERS_PASSWORD
from slostack.deploy.config import Secrets
from slostack.deploy.kubernetes.alertmanager import Alertmanager, AlertmanagerArgs
from slostack.deploy.kubernetes.alloy import Alloy, AlloyArgs
from slostack.deploy.kubernetes.backfill import BACKFILL, Backfill, BackfillArgs
from slostack.deploy.kubernetes.blackbox import Blackbox, BlackboxArgs
from slostack.deploy.kubernetes.bucket import account_annotations, pod_labels
from slostack.deploy.kubernetes.exporter import ExporterArgs, NeedExporter, redis_account
from slostack.deploy.kubernetes.files import folders
from slostack.deploy.kubernetes.flows import stack_flows
from slostack.deploy.kubernetes.grafana import Grafana, GrafanaArgs
from slostack.deploy.kubernetes.images import image, software
from slostack.deploy.kubernetes.kube_state_metrics import KubeStateMetrics, KubeStateMetricsArgs
from slostack.deploy.kubernetes.loki import Loki, LokiArgs
from slostack.deploy.kubernetes.namespaces import Homes, namespaces
from slostack.deploy.kubernetes.node_exporter import NodeExporter, NodeExporterArgs
from slostack.deploy.kubernetes.prometheus import Prometheus, PrometheusArgs
from slostack.deploy.kubernetes.provider import provider
from slostack.deploy.kubernetes.server import ServerArgs
from slostack.deploy.kubernetes.snapshots import SNAPSHOTS, SnapshotsArgs, Snapshotter, claims_of
from slostack.deploy.kubernetes.thanos import (
    ThanosCompactor,
    ThanosCompactorArgs,
    ThanosQuery,
    ThanosQueryArgs,
    ThanosStore,
    ThanosStoreArgs,
)
from slostack.deploy.kubernetes.thanos_sidecar import SidecarArgs
from slostack.deploy.kubernetes.topology import PORTS, collectors, namespace_of, place
from slostack.deploy.secrets import GRAFANA_SECRET_KEY, THANOS_BUCKET, Secret, scrapers_password
from slostack.settings import Bucket, NeededRds, NeededRedis, Resources, Settings

_GROWING = {"prometheus": ("rules",), "loki": (f"rules/{TENANT}",), "grafana": ("dashboards",)}
"""The folders of each server's files that grow with services and SLOs."""
_OPENS_THE_BUCKET = ("thanos-store", "thanos-compactor")
"""Those that read the secret of Thanos, as Prometheus' sidecar does."""


def deploy(bundle: Bundle, settings: Settings, secrets: Secrets) -> None:
    """Registers the namespaces, the four servers and the collectors with the files of a bundle.

    Raises SlostackError, before it registers anything, where the files don't fit into ConfigMaps.
    """
    shards = settings.kubernetes.shards
    every = (*PORTS, *(exporter.server for exporter in exporters(settings)))
    files = {server: folders(server, bundle.below(server), _GROWING.get(server, ()), shards) for server in every}
    opts = pulumi.ResourceOptions(provider=provider(settings))
    homes = namespaces(settings, opts)

    def server(
        name: str,
        resources: Resources,
        storage: str | None = None,
        replicas: int = 1,
        identity: Mapping[str, str] | None = None,
        bucket: Bucket | None = None,
    ) -> ServerArgs:
        return ServerArgs(
            namespace=homes[namespace_of(name, settings.kubernetes.namespace)],
            image=image(name, settings.kubernetes.images),
            version=software(name).version,
            place=place(name, settings.kubernetes.namespace, replicas),
            folders=files[name],
            secrets=_secret_files(name, secrets, settings),
            checksum_key=secrets[GRAFANA_SECRET_KEY],
            flows=stack_flows(settings),
            resources=resources,
            cluster=settings.kubernetes,
            replicas=replicas,
            storage=storage,
            identity=identity or account_annotations(bucket),
            pod_labels=pod_labels(bucket),
        )

    resources, urls = settings.kubernetes.resources, settings.urls
    metrics = settings.thanos.bucket
    prometheus = server(
        "prometheus", resources.prometheus, settings.prometheus.storage, settings.prometheus.replicas, bucket=metrics
    )
    alertmanager = server(
        "alertmanager", resources.alertmanager, settings.alertmanager.storage, settings.alertmanager.replicas
    )
    bucket = settings.loki.bucket
    loki = server(
        "loki",
        resources.loki,
        settings.loki.storage,
        settings.loki.replicas,
        bucket=bucket,
    )
    own_volume = None if settings.grafana.database else settings.grafana.storage
    grafana = server("grafana", resources.grafana, own_volume, settings.grafana.replicas)
    sidecar = (
        SidecarArgs(
            image("thanos-sidecar", settings.kubernetes.images), resources.thanos_sidecar, secrets[THANOS_BUCKET]
        )
        if settings.thanos.enabled
        else None
    )
    finds = PrometheusArgs(
        prometheus, urls.prometheus, _discovered(settings, homes), settings.exporters.kubelets, sidecar
    )
    Prometheus("prometheus", finds, opts)
    Alertmanager("alertmanager", AlertmanagerArgs(alertmanager, urls.alertmanager), opts)
    Loki("loki", LokiArgs(loki, bucket), opts)
    Grafana("grafana", GrafanaArgs(grafana), opts)
    if settings.thanos.enabled:
        thanos = settings.thanos
        query = server("thanos-query", resources.thanos_query, replicas=thanos.query.replicas)
        store = server(
            "thanos-store", resources.thanos_store, thanos.store.storage, thanos.store.replicas, bucket=metrics
        )
        compactor = server("thanos-compactor", resources.thanos_compactor, thanos.compactor.storage, bucket=metrics)
        ThanosQuery("thanos-query", ThanosQueryArgs(query), opts)
        ThanosStore("thanos-store", ThanosStoreArgs(store), opts)
        ThanosCompactor("thanos-compactor", ThanosCompactorArgs(compactor, thanos.retention), opts)
    if snapshots := settings.kubernetes.snapshots:
        kubectl = replace(
            grafana,
            image=image("kubectl", settings.kubernetes.images),
            version=software("kubectl").version,
            folders=(),
            secrets={},
            resources=resources.snapshots,
            replicas=1,
            storage=None,
        )
        claims = tuple(claims_of(settings))
        Snapshotter(SNAPSHOTS, SnapshotsArgs(kubectl, prometheus.image, claims, snapshots), opts)
    for exporter in exporters(settings):
        identity = exporter.facts.identity if isinstance(exporter.facts, NeededRds) else None
        args_of = ExporterArgs(server(exporter.server, resources.exporter, identity=identity), exporter)
        NeedExporter(exporter.server, args_of, opts)
    if backfill := settings.kubernetes.backfill:
        job = replace(
            grafana,
            image=backfill.image,
            version=version("slostack"),
            folders=(),
            secrets={},
            resources=resources.backfill,
            replicas=1,
            storage=None,
        )
        namespace, cluster = settings.kubernetes.namespace, settings.kubernetes.cluster
        past = (place("thanos-query", namespace).addresses[0], cluster) if settings.thanos.enabled else None
        into = BackfillArgs(job, prometheus.place.addresses, prometheus.place.data, backfill.at, past)
        Backfill(BACKFILL, into, opts)
    running = collectors(settings)
    if "alloy" in running:
        Alloy("alloy", AlloyArgs(server("alloy", resources.alloy), settings.logs.namespaces), opts)
    if "blackbox" in running:
        Blackbox("blackbox", BlackboxArgs(server("blackbox", resources.blackbox)), opts)
    if "kube-state-metrics" in running:
        args = KubeStateMetricsArgs(server("kube-state-metrics", resources.kube_state_metrics))
        KubeStateMetrics("kube-state-metrics", args, opts)
    if "node-exporter" in running:
        NodeExporter("node-exporter", NodeExporterArgs(server("node-exporter", resources.node_exporter)), opts)


def _secret_files(server: str, secrets: Secrets, settings: Settings) -> dict[str, pulumi.Output[str]]:
    """The secrets of a server by the name of the file that it reads."""
    own = _reads(server)
    found = {each.file: _written(each, value, settings) for each, value in secrets.items() if each.server == own}
    if server in ("grafana", "prometheus"):
        found[SCRAPERS_PASSWORD] = secrets[GRAFANA_SECRET_KEY].apply(scrapers_password)
    return found


def _reads(server: str) -> str:
    """Whose secrets a server reads."""
    return THANOS_BUCKET.server if server in _OPENS_THE_BUCKET else server


def _written(secret: Secret, value: pulumi.Output[str], settings: Settings) -> pulumi.Output[str]:
    """A secret as the file that a server reads: the exporter of a Redis finds its password by its address."""
    redis = {each.server: each.facts for each in exporters(settings) if isinstance(each.facts, NeededRedis)}
    if facts := redis.get(secret.server):
        return value.apply(lambda password: json.dumps({redis_account(facts): password.strip()}))
    return value


def _discovered(settings: Settings, homes: Homes) -> Homes:
    """The namespaces whose pods Prometheus finds by the cluster's API: the stack's own and those of services."""
    watched = {way.pods.namespace for each in settings.services.values() for way in each.ways if way.pods}
    return {**{name: name for name in sorted(watched)}, **homes}
