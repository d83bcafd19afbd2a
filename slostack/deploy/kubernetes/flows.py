"""The traffic that a stack needs, derived from its settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from itertools import chain

from slostack.config.exporters import Exporter, exporters
from slostack.config.kubelets import KUBELET_PORT
from slostack.config.topology import split
from slostack.deploy.kubernetes.backfill import backfills
from slostack.deploy.kubernetes.bucket import identity_flows
from slostack.deploy.kubernetes.labels import selector
from slostack.deploy.kubernetes.network import OUTSIDE, Addresses, Either, End, Flow, Pods
from slostack.deploy.kubernetes.snapshots import SNAPSHOTS
from slostack.deploy.kubernetes.topology import (
    GOSSIP_PORT,
    LOKI_GOSSIP_PORT,
    LOKI_GRPC_PORT,
    PORTS,
    THANOS_GRPC_PORT,
    THANOS_PORT,
    collectors,
    namespace_of,
    program,
)
from slostack.names import SERVER_JOBS
from slostack.settings import (
    NAMESPACE,
    Bucket,
    Exposure,
    NeededJson,
    NeededPostgres,
    NeededRds,
    NeededRedis,
    Settings,
    address_of,
    host_port,
    service_namespace,
)

ACME_SOLVER = Pods(None, (("acme.cert-manager.io/http01-solver", "true"),))
"""The pods by which cert-manager shows, in the namespace of an Ingress, that a host name is its own (HTTP-01)."""
_ACME_SOLVER_PORT = 8089
_HTTPS = 443
_READS_THE_API = ("alloy", "kube-state-metrics")
_SHORT = re.compile(rf"[^.:]+(\.(?P<namespace>{NAMESPACE}))?")
"""One that a pod's look-up takes for a Service's, in its own namespace or in another, before it takes it for a host's
elsewhere."""


def stack_flows(settings: Settings) -> tuple[Flow, ...]:
    """Every flow between the servers, from them to what is watched and to who is notified, and from people to them."""
    flows = {
        *_inside(settings),
        *_scraped(settings),
        *_notified(settings),
        *_of_grafana(settings),
        *_of_loki(settings),
        *_of_collectors(settings),
        *_of_jobs(settings),
        *chain.from_iterable(map(_of_exporter, exporters(settings))),
        *(_of_thanos(settings, settings.thanos.bucket) if settings.thanos.bucket else ()),
    }
    return tuple(sorted(flows, key=str))


def _inside(settings: Settings) -> Iterator[Flow]:
    yield from (Flow("prometheus", server, PORTS[server]) for server in SERVER_JOBS if server != "prometheus")
    metrics = "thanos-query" if settings.thanos.enabled else "prometheus"
    yield from (Flow("grafana", server, PORTS[server]) for server in (metrics, "alertmanager", "loki"))
    yield Flow("loki", "alertmanager", PORTS["alertmanager"])
    yield Flow("loki", "prometheus", PORTS["prometheus"])  # what its ruler counts
    if settings.prometheus.replicas > 1:
        yield Flow("prometheus", "prometheus", PORTS["prometheus"])
    if settings.alertmanager.replicas > 1:
        yield Flow("alertmanager", "alertmanager", GOSSIP_PORT, "TCP")
        yield Flow("alertmanager", "alertmanager", GOSSIP_PORT, "UDP")


def _scraped(settings: Settings) -> Iterator[Flow]:
    for watched in settings.services.values():
        yield from (_to("prometheus", address) for address in filter(None, [watched.prober]))
        for way in watched.ways:
            yield from (_to("prometheus", target) for target in way.targets)
            if pods := way.pods:
                yield Flow("prometheus", Pods(pods.namespace, tuple(sorted(pods.labels.items()))), pods.port)
    yield from (_to("prometheus", host_port(each.url)) for each in settings.prometheus.remote_write.values())
    if settings.exporters.kubelets:
        yield Flow("prometheus", Addresses(settings.kubernetes.nodes), KUBELET_PORT)
    yield from _to_the_api("prometheus", settings)


def _notified(settings: Settings) -> Iterator[Flow]:
    receivers = settings.receivers
    if receivers.slack:
        yield Flow("alertmanager", OUTSIDE, _HTTPS)
    if receivers.pagerduty and receivers.pagerduty.enabled:
        url = receivers.pagerduty.url
        yield _to("alertmanager", host_port(url)) if url else Flow("alertmanager", OUTSIDE, _HTTPS)
    if receivers.email:
        yield _to("alertmanager", receivers.email.smarthost)
    if receivers.sms:
        yield _to("alertmanager", receivers.sms.gateway)
    if receivers.dead_mans_switch:
        yield _to("alertmanager", receivers.dead_mans_switch.host)
    if receivers.webhook:
        yield _to("alertmanager", receivers.webhook.host)


def _of_grafana(settings: Settings) -> Iterator[Flow]:
    grafana, exposure = settings.grafana, settings.kubernetes.exposure
    if grafana.database:
        yield _to("grafana", grafana.database.host)
    if grafana.oidc:
        yield _to("grafana", host_port(grafana.oidc.token_url))
        yield _to("grafana", host_port(grafana.oidc.api_url))
    if exposure:
        yield from _from_outside(exposure, "grafana", PORTS["grafana"])
        if exposure.has_certificate_issued:
            yield from _from_outside(exposure, ACME_SOLVER, _ACME_SOLVER_PORT)


def _from_outside(exposure: Exposure, target: End, port: int) -> Iterator[Flow]:
    if exposure.from_namespace:
        yield Flow(Pods(exposure.from_namespace), target, port)
    if exposure.from_addresses:
        yield Flow(Addresses(exposure.from_addresses), target, port)


def _of_loki(settings: Settings) -> Iterator[Flow]:
    loki = settings.loki
    if loki.replicas > 1:
        yield Flow("loki", "loki", LOKI_GRPC_PORT)
        yield Flow("loki", "loki", LOKI_GOSSIP_PORT)
    if loki.bucket:
        yield from _to_bucket("loki", loki.bucket)


def _to_bucket(server: str, bucket: Bucket) -> Iterator[Flow]:
    yield _to(server, bucket.host) if bucket.host else Flow(server, OUTSIDE, _HTTPS)
    ways = {"credentials": bucket.credentials, "identity": bool(bucket.identity)}
    yield from identity_flows(server, bucket.type, **ways)


def _of_exporter(exporter: Exporter) -> Iterator[Flow]:
    yield Flow("prometheus", exporter.server, PORTS[program(exporter.server)])
    match exporter.facts:
        case NeededPostgres() | NeededRedis() | NeededJson():
            yield _to(exporter.server, exporter.facts.address, exporter.facts.addresses)
        case NeededRds() as rds:
            yield Flow(exporter.server, OUTSIDE, _HTTPS)
            ways = {"credentials": rds.credentials, "identity": bool(rds.identity)}
            yield from identity_flows(exporter.server, "s3", **ways)


def _of_collectors(settings: Settings) -> Iterator[Flow]:
    namespace = settings.kubernetes.namespace
    for server in collectors(settings):
        port, home = PORTS[server], namespace_of(server, namespace)
        if home == namespace:
            yield Flow("prometheus", server, port)
        else:  # each end's policy is in its own namespace
            yield Flow("prometheus", _pods(server, home), port)
            yield Flow(_pods("prometheus", namespace), server, port)
        if server in _READS_THE_API:
            yield from _to_the_api(server, settings)
        if server == "alloy":
            yield Flow("alloy", "loki", PORTS["loki"])
        if server == "blackbox":
            probed = (each.probed for each in settings.services.values() if not each.prober)
            yield from (_to("blackbox", host_port(address)) for address in chain.from_iterable(probed))


def _of_thanos(settings: Settings, bucket: Bucket) -> Iterator[Flow]:
    query = settings.thanos.query
    for server in ("thanos-query", "thanos-store", "thanos-compactor"):
        yield Flow("prometheus", server, PORTS[server])
    if settings.prometheus.replicas > 1:
        yield Flow("prometheus", "prometheus", THANOS_PORT)
    for server in ("prometheus", "thanos-store"):
        yield Flow("thanos-query", server, THANOS_GRPC_PORT)
    for server in ("prometheus", "thanos-store", "thanos-compactor"):
        yield from _to_bucket(server, bucket)
    yield from (_to("thanos-query", cluster.host) for cluster in query.clusters.values())
    if query.clients:
        yield Flow(Addresses(query.clients), "thanos-query", THANOS_GRPC_PORT)


def _of_jobs(settings: Settings) -> Iterator[Flow]:
    if settings.kubernetes.snapshots:
        yield from _to_the_api(SNAPSHOTS, settings)
    if settings.kubernetes.backfill:
        asked = ("prometheus", "thanos-query") if settings.thanos.enabled else ("prometheus",)
        for job in backfills(settings.prometheus.replicas):
            yield from (Flow(job, server, PORTS[server]) for server in asked)


def _pods(server: str, namespace: str) -> Pods:
    return Pods(namespace, tuple(selector(server).items()))


def _to_the_api(server: str, settings: Settings) -> Iterator[Flow]:
    cluster = settings.kubernetes
    yield from (Flow(server, Addresses(cluster.api_server), port) for port in cluster.api_server_ports)


def _to(source: str, address: str, where: tuple[str, ...] = ()) -> Flow:
    """To a host:port, of which the settings may say where its name leads."""
    host, port = split(address)
    return Flow(source, Addresses(where) if where else end_of(host), port)


def end_of(host: str) -> End:
    """Where a host is. Pods of this cluster are named as such, as not every network knows them by their addresses."""
    if namespace := service_namespace(host):
        return Pods(namespace)
    if address := address_of(host):
        return Addresses((str(ip_network(address)),))
    if short := _SHORT.fullmatch(host.lower()):
        return Either((Pods(short["namespace"]), OUTSIDE))
    return OUTSIDE
