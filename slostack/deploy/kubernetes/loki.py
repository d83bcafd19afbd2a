"""Loki: one process that stores on its volume, or replicas that share a bucket; its ruler looks for changed rules by
itself."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import ContainerPortArgs

from slostack.config import REPLAY_FLAG
from slostack.config.bucket import credentials_variables
from slostack.deploy.kubernetes.availability import disruption_budget
from slostack.deploy.kubernetes.files import checksum
from slostack.deploy.kubernetes.mounts import mounts
from slostack.deploy.kubernetes.pod import Process
from slostack.deploy.kubernetes.server import (
    Owner,
    ServerArgs,
    network_policy,
    pod_names,
    secrets_checksum,
    service_account,
    shared,
)
from slostack.deploy.kubernetes.stateful import stateful_set
from slostack.deploy.kubernetes.topology import LOKI_GOSSIP_PORT, LOKI_GRPC_PORT, POD_IP, POD_NAME
from slostack.settings import LogBucket, mebibytes

_USER = 10001


@dataclass(frozen=True)
class LokiArgs:
    """Loki's arguments; `bucket` is what it keeps lines in, in place of its volume."""

    server: ServerArgs
    bucket: LogBucket | None = None


class Loki(pulumi.ComponentResource):
    """Loki with its config, rules, volumes and Services."""

    def __init__(self, name: str, args: LokiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:Loki", name, None, opts)
        owner = Owner(self, "loki", name, args.server)
        place, bucket, several = args.server.place, args.bucket, args.server.replicas > 1
        memory = mebibytes(args.server.resources.memory)
        process = Process(
            arguments=(
                f"-config.file={place.config}/loki.yaml",
                f"{REPLAY_FLAG}={memory * 2 // 3}MB",
                *(("-config.expand-env=true",) if several else ()),
            ),
            ready="/ready",
            alive="/loki/api/v1/status/buildinfo",
            user=_USER,
            environment={
                "GOMEMLIMIT": f"{memory * 9 // 10}MiB",
                **(credentials_variables(bucket, place) if bucket else {}),
            },
            start=600,  # the write-ahead log is read first
            stop=300,
            pod_fields={POD_NAME: "metadata.name", POD_IP: "status.podIP"} if several else {},
            ports=_ports() if several else (),
        )
        secrets = secrets_checksum(owner, args.server.secrets) if args.server.secrets else None
        stateful_set(owner, process, mounts(owner), checksum(args.server.folders), secrets)
        pod_names(owner)
        shared(owner, sticky=False)
        disruption_budget(owner)
        network_policy(owner)
        service_account(owner)
        self.register_outputs({"address": place.addresses[0]})


def _ports() -> list[ContainerPortArgs]:
    """What replicas say to each other."""
    ports = {"grpc": LOKI_GRPC_PORT, "gossip": LOKI_GOSSIP_PORT}
    return [ContainerPortArgs(name=name, container_port=port, protocol="TCP") for name, port in ports.items()]
