"""Loki: one process that stores on its volume; its ruler looks for changed rules by itself."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from slostack.deploy.kubernetes.files import checksum
from slostack.deploy.kubernetes.mounts import mounts
from slostack.deploy.kubernetes.pod import Process
from slostack.deploy.kubernetes.server import Owner, ServerArgs, network_policy, pod_names, service_account
from slostack.deploy.kubernetes.stateful import stateful_set

_USER = 10001


@dataclass(frozen=True)
class LokiArgs:
    """Loki's arguments."""

    server: ServerArgs


class Loki(pulumi.ComponentResource):
    """Loki with its config, rules, volume and Service."""

    def __init__(self, name: str, args: LokiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:Loki", name, None, opts)
        owner = Owner(self, "loki", name, args.server)
        place = args.server.place
        process = Process(
            arguments=(f"-config.file={place.config}/loki.yaml",),
            ready="/ready",
            alive="/loki/api/v1/status/buildinfo",
            user=_USER,
            start=600,  # the write-ahead log is read first
            stop=300,
        )
        stateful_set(owner, process, mounts(owner), checksum(args.server.folders))
        pod_names(owner)
        network_policy(owner)
        service_account(owner)
        self.register_outputs({"address": place.addresses[0]})
