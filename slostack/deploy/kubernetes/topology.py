"""Where the servers are in a cluster."""

from __future__ import annotations

from slostack.config.topology import Place, Topology
from slostack.settings import Settings

PORTS = {
    "prometheus": 9090,
    "alertmanager": 9093,
    "loki": 3100,
    "grafana": 3000,
    "alloy": 12345,
    "blackbox": 9115,
    "kube-state-metrics": 8080,
    "node-exporter": 9100,
}
GOSSIP_PORT = 9094
"""Between Alertmanagers, by TCP and UDP."""
STATEFUL = ("prometheus", "alertmanager", "loki")
"""The servers whose pods have names and volumes of their own."""
LOKI_GRPC_PORT = 9095
SECRETS_FOLDER = "/etc/slostack/secrets"


def kubernetes_topology(settings: Settings) -> Topology:
    """The places of a stack's servers in its namespace."""
    namespace = settings.kubernetes.namespace
    return Topology(
        prometheus=place("prometheus", namespace, settings.prometheus.replicas),
        alertmanager=place("alertmanager", namespace, settings.alertmanager.replicas),
        loki=place("loki", namespace),
        loki_grpc=f":{LOKI_GRPC_PORT}",
        grafana=place("grafana", namespace),
    )


def place(server: str, namespace: str, replicas: int = 1) -> Place:
    """A server's place: each pod of a stateful server is reached by its own name, others by their Service."""
    port = PORTS[server]
    pods = [f"{server}-{number}.{server}" for number in range(replicas)] if server in STATEFUL else [server]
    return Place(
        listen=f":{port}",
        addresses=tuple(f"{pod}.{namespace}.svc:{port}" for pod in pods),
        config=f"/etc/{server}",
        data=f"/var/lib/{server}",
        secrets=SECRETS_FOLDER,
    )
