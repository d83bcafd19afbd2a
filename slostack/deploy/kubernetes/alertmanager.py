"""Alertmanager: restarted when its config changes, as it never reads it again by itself."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from slostack.deploy.kubernetes.files import checksum
from slostack.deploy.kubernetes.mounts import mounts
from slostack.deploy.kubernetes.pod import Process
from slostack.deploy.kubernetes.server import Owner, ServerArgs, network_policy, service, service_account
from slostack.deploy.kubernetes.stateful import stateful_set

_USER = 65534


@dataclass(frozen=True)
class AlertmanagerArgs:
    """Alertmanager's arguments; `external_url` is its own in links."""

    server: ServerArgs
    external_url: str


class Alertmanager(pulumi.ComponentResource):
    """Alertmanager with its config, receivers' secrets, volume (silences) and Service."""

    def __init__(self, name: str, args: AlertmanagerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:Alertmanager", name, None, opts)
        owner = Owner(self, "alertmanager", name, args.server)
        place = args.server.place
        process = Process(
            arguments=(
                f"--config.file={place.config}/alertmanager.yml",
                f"--storage.path={place.data}",
                f"--web.listen-address={place.listen}",
                f"--web.external-url={args.external_url}",
                "--web.route-prefix=/",
                "--cluster.listen-address=",  # a single replica gossips with nobody
            ),
            ready="/-/ready",
            alive="/-/healthy",
            user=_USER,
            start=120,
            stop=60,
        )
        stateful_set(owner, process, mounts(owner), checksum(args.server.folders))
        service(owner, headless=True)
        network_policy(owner)
        service_account(owner)
        self.register_outputs({"address": place.addresses[0]})
