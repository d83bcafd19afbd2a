"""The blackbox exporter: asks what the SLO files probe, from within the cluster."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from slostack.deploy.kubernetes.files import checksum
from slostack.deploy.kubernetes.mounts import mounts
from slostack.deploy.kubernetes.pod import Process
from slostack.deploy.kubernetes.server import Owner, ServerArgs, network_policy, service, service_account
from slostack.deploy.kubernetes.stateless import deployment

_USER = 65534


@dataclass(frozen=True)
class BlackboxArgs:
    """The blackbox exporter's arguments."""

    server: ServerArgs


class Blackbox(pulumi.ComponentResource):
    """The blackbox exporter with its config and Service."""

    def __init__(self, name: str, args: BlackboxArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:Blackbox", name, None, opts)
        owner = Owner(self, "blackbox", name, args.server)
        place = args.server.place
        process = Process(
            arguments=(f"--config.file={place.config}/blackbox.yml", f"--web.listen-address={place.listen}"),
            ready="/-/healthy",
            alive="/-/healthy",
            user=_USER,
            start=60,
            stop=30,
        )
        deployment(owner, process, mounts(owner), checksum(args.server.folders))
        service(owner)
        network_policy(owner)
        service_account(owner)
        self.register_outputs({"address": place.addresses[0]})
