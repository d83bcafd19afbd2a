"""Where the servers are in a cluster."""

from __future__ import annotations

from slostack.config.topology import Place, Topology
from slostack.settings import Settings

PORTS = {"prometheus": 9090, "alertmanager": 9093, "loki": 3100, "grafana": 3000}
LOKI_GRPC_PORT = 9095
SECRETS_FOLDER = "/etc/slostack/secrets"


def kubernetes_topology(settings: Settings) -> Topology:
    """The places of a stack's servers in its namespace."""
    namespace = settings.kubernetes.namespace
    return Topology(
        prometheus=place("prometheus", namespace),
        alertmanager=place("alertmanager", namespace),
        loki=place("loki", namespace),
        loki_grpc=f":{LOKI_GRPC_PORT}",
        grafana=place("grafana", namespace),
    )


def place(server: str, namespace: str) -> Place:
    """A server's place: stateful servers are reached by the names of their pods, Grafana by its Service."""
    port = PORTS[server]
    host = f"{server}.{namespace}.svc" if server == "grafana" else f"{server}-0.{server}.{namespace}.svc"
    return Place(
        listen=f":{port}",
        addresses=(f"{host}:{port}",),
        config=f"/etc/{server}",
        data=f"/var/lib/{server}",
        secrets=SECRETS_FOLDER,
    )
