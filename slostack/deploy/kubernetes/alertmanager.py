"""Alertmanager: restarted when its config changes, as it never reads it again by itself."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import ContainerPortArgs

from slostack.config import MAINTENANCE_FLAG
from slostack.config.topology import split
from slostack.deploy.kubernetes.availability import disruption_budget
from slostack.deploy.kubernetes.files import checksum
from slostack.deploy.kubernetes.mounts import mounts
from slostack.deploy.kubernetes.pod import Process
from slostack.deploy.kubernetes.server import Owner, ServerArgs, network_policy, pod_names, service_account, shared
from slostack.deploy.kubernetes.stateful import stateful_set
from slostack.deploy.kubernetes.topology import GOSSIP_PORT

_USER = 65534


@dataclass(frozen=True)
class AlertmanagerArgs:
    """Alertmanager's arguments; `external_url` is its own in links."""

    server: ServerArgs
    external_url: str


class Alertmanager(pulumi.ComponentResource):
    """Alertmanager with its config, receivers' secrets, volumes (silences) and Services."""

    def __init__(self, name: str, args: AlertmanagerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:Alertmanager", name, None, opts)
        owner = Owner(self, "alertmanager", name, args.server)
        place = args.server.place
        process = Process(
            arguments=(
                f"--config.file={place.config}/alertmanager.yml",
                f"--storage.path={place.data}",
                MAINTENANCE_FLAG,
                f"--web.listen-address={place.listen}",
                f"--web.external-url={args.external_url}",
                "--web.route-prefix=/",
                *_gossip(owner),
            ),
            ready="/-/ready",
            alive="/-/healthy",
            user=_USER,
            start=120,
            stop=60,
            pod_fields={"POD_IP": "status.podIP"},
            ports=_gossip_ports(owner),
        )
        stateful_set(owner, process, mounts(owner), checksum(args.server.folders))
        pod_names(owner)
        shared(owner)
        disruption_budget(owner)
        network_policy(owner)
        service_account(owner)
        self.register_outputs({"address": place.addresses[0]})


def _gossip(owner: Owner) -> list[str]:
    """How replicas tell each other what they have sent and what is silenced. Each is found by the name of its pod, and
    one that has moved to another address is forgotten at its old one."""
    if owner.args.replicas == 1:
        return ["--cluster.listen-address="]
    peers = (split(address)[0] for address in owner.args.place.addresses)
    return [
        f"--cluster.listen-address=[$(POD_IP)]:{GOSSIP_PORT}",
        "--cluster.reconnect-timeout=5m",
        *(f"--cluster.peer={peer}:{GOSSIP_PORT}" for peer in peers),
    ]


def _gossip_ports(owner: Owner) -> list[ContainerPortArgs]:
    if owner.args.replicas == 1:
        return []
    return [
        ContainerPortArgs(name=f"gossip-{protocol.lower()}", container_port=GOSSIP_PORT, protocol=protocol)
        for protocol in ("TCP", "UDP")
    ]
