"""Where the servers are in a cluster."""

from __future__ import annotations

from slostack.config.exporters import PROGRAMS, exporters
from slostack.config.topology import Place, Ring, ThanosPlaces, Topology, split
from slostack.deploy.kubernetes.labels import selector
from slostack.settings import NODES, Pods, Settings

PORTS = {
    "prometheus": 9090,
    "alertmanager": 9093,
    "loki": 3100,
    "grafana": 3000,
    "alloy": 12345,
    "blackbox": 9115,
    "kube-state-metrics": 8080,
    "node-exporter": 9100,
    "thanos-query": 10902,
    "thanos-store": 10902,
    "thanos-compactor": 10902,
    "postgres-exporter": 9187,
    "redis-exporter": 9121,
    "cloudwatch-exporter": 5000,
    "json-exporter": 7979,
}
THANOS_PORT = 10902
"""Of HTTP, of all of Thanos, its sidecars too."""
THANOS_GRPC_PORT = 10901
"""At which sidecars, stores and other clusters' queries are asked for series."""
GOSSIP_PORT = 9094
"""Between Alertmanagers, by TCP and UDP."""
SHARED = "any"
"""Ends the name of the Service that leads to any of a server's replicas."""
POD_NAME = "POD_NAME"
"""The variable that tells a pod its name."""
POD_IP = "POD_IP"
"""The variable that tells a pod its address."""
REPLICATED = ("prometheus", "alertmanager", "loki")
"""The servers of which there may be several, and any of which is reached by a Service."""
STATEFUL = ("prometheus", "alertmanager", "loki", "thanos-store", "thanos-compactor")
"""The servers whose pods have names and volumes of their own."""
LOKI_GRPC_PORT = 9095
LOKI_GOSSIP_PORT = 7946
"""Between Lokis, by TCP."""
SECRETS_FOLDER = "/etc/slostack/secrets"
ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where Kubernetes puts the token of a pod's account, and the certificate of the cluster's own CA."""


def kubernetes_topology(settings: Settings) -> Topology:
    """The places of a stack's servers in its namespace."""
    namespace = settings.kubernetes.namespace
    collecting = collectors(settings)
    loki = place("loki", namespace, settings.loki.replicas)
    found = ("grafana", *(("thanos-query",) if settings.thanos.enabled else ()), *collecting)
    return Topology(
        prometheus=place("prometheus", namespace, settings.prometheus.replicas),
        alertmanager=place("alertmanager", namespace, settings.alertmanager.replicas),
        loki=loki,
        loki_grpc=f":{LOKI_GRPC_PORT}",
        grafana=place("grafana", namespace),
        replica=f"${{{POD_NAME}}}",
        loki_ring=_ring(loki) if settings.loki.replicas > 1 else None,
        alloy=place("alloy", namespace) if "alloy" in collecting else None,
        blackbox=place("blackbox", namespace) if "blackbox" in collecting else None,
        discovered={
            server: Pods(namespace=namespace_of(server, namespace), labels=selector(server), port="http")
            for server in found
        },
        account=ACCOUNT_FOLDER if settings.exporters.kubelets else None,
        thanos=_thanos(settings) if settings.thanos.enabled else None,
        exporters={each.server: place(each.server, namespace) for each in exporters(settings)},
    )


def _thanos(settings: Settings) -> ThanosPlaces:
    namespace = settings.kubernetes.namespace
    prometheus = place("prometheus", namespace, settings.prometheus.replicas)
    store = place("thanos-store", namespace, settings.thanos.store.replicas)
    return ThanosPlaces(
        query=place("thanos-query", namespace),
        store=store,
        compactor=place("thanos-compactor", namespace),
        sidecars=_at_port(prometheus, THANOS_PORT),
        series=(_at_port(prometheus, THANOS_GRPC_PORT), _at_port(store, THANOS_GRPC_PORT)),
    )


def _at_port(place: Place, port: int) -> tuple[str, ...]:
    """The host:port of another port of each replica."""
    return tuple(f"{split(address)[0]}:{port}" for address in place.addresses)


def _ring(loki: Place) -> Ring:
    return Ring(
        listen=LOKI_GOSSIP_PORT,
        peers=_at_port(loki, LOKI_GOSSIP_PORT),
        name=f"${{{POD_NAME}}}",
        address=f"${{{POD_IP}}}",
    )


def program(server: str) -> str:
    """What a server is one of: an exporter of what a service needs is named after both."""
    return next((each for each in PROGRAMS.values() if server.startswith(f"{each}-")), server)


def collectors(settings: Settings) -> tuple[str, ...]:
    """The collectors that the settings call for."""
    wanted = {
        "alloy": settings.logs.enabled,
        "blackbox": any(watched.probed and not watched.prober for watched in settings.services.values()),
        "kube-state-metrics": settings.exporters.kube_state_metrics,
        "node-exporter": settings.exporters.node_exporter,
    }
    return tuple(server for server, on in wanted.items() if on)


def namespace_of(server: str, namespace: str) -> str:
    """The namespace of a server's pods: that of the stack, but for those that it would not admit."""
    return f"{namespace}{NODES}" if server == "node-exporter" else namespace


def place(server: str, namespace: str, replicas: int = 1) -> Place:
    """A server's place: each pod of a stateful server is reached by its own name, and any of them by a second Service;
    others are reached by their Service."""
    port = PORTS[program(server)]
    pods = [f"{server}-{number}.{server}" for number in range(replicas)] if server in STATEFUL else [server]
    return Place(
        listen=f":{port}",
        addresses=tuple(f"{pod}.{namespace}.svc:{port}" for pod in pods),
        config=f"/etc/{server}",
        data=f"/var/lib/{server}",
        secrets=SECRETS_FOLDER,
        shared=f"{server}-{SHARED}.{namespace}.svc:{port}" if server in REPLICATED else None,
    )
