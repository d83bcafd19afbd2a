"""Where the servers are on this machine: everything on its loopback interface."""

from __future__ import annotations

from slostack.config.topology import Place, Topology
from slostack.deploy.local.state_folder import StateFolder
from slostack.settings import LOOPBACK, Settings


def local_topology(folder: StateFolder, settings: Settings, *, grafana: bool) -> Topology:
    """The places of the stack on this machine, with or without Grafana."""
    ports = settings.local.ports

    def place(server: str, port: int) -> Place:
        address = f"{LOOPBACK}:{port}"
        return Place(
            listen=address,
            addresses=(address,),
            config=str(folder.config / server),
            data=str(folder.data(server)),
            secrets=str(folder.secrets(server)),
        )

    return Topology(
        prometheus=place("prometheus", ports.prometheus),
        alertmanager=place("alertmanager", ports.alertmanager),
        loki=place("loki", ports.loki),
        loki_grpc=f"{LOOPBACK}:{ports.loki_grpc}",
        grafana=place("grafana", ports.grafana) if grafana else None,
        notifications=f"{LOOPBACK}:{ports.notifications}",
    )
