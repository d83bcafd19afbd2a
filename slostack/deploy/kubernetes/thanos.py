"""Thanos: what reads the metrics of Prometheus and of the bucket as one, and what keeps the bucket in order."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import ContainerPortArgs, ServicePortArgs

from slostack import names
from slostack.config import ENDPOINTS_FILE
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
    service,
    service_account,
)
from slostack.deploy.kubernetes.stateful import stateful_set
from slostack.deploy.kubernetes.stateless import deployment
from slostack.deploy.kubernetes.topology import THANOS_GRPC_PORT, THANOS_PORT
from slostack.deploy.secrets import THANOS_BUCKET
from slostack.settings import BlockRetention, mebibytes

_USER = 1001
_READY, _ALIVE = "/-/ready", "/-/healthy"
_HTTP = f"--http-address=:{THANOS_PORT}"
_GRPC = f"--grpc-address=:{THANOS_GRPC_PORT}"
_GRPC_PORT = ContainerPortArgs(name="grpc", container_port=THANOS_GRPC_PORT, protocol="TCP")
_MEBIBYTE = 1 << 20
_BYTES_OF_A_SAMPLE = 4
"""In a chunk, where most take less than half of this."""
_MEMORY = "--enable-auto-gomemlimit"
"""Has Go collect its garbage before the container's limit is reached."""


@dataclass(frozen=True)
class ThanosQueryArgs:
    """The arguments of Thanos' query."""

    server: ServerArgs


@dataclass(frozen=True)
class ThanosStoreArgs:
    """The arguments of Thanos' store gateway."""

    server: ServerArgs


@dataclass(frozen=True)
class ThanosCompactorArgs:
    """The arguments of Thanos' compactor; `retention` is how long the bucket keeps samples."""

    server: ServerArgs
    retention: BlockRetention


class ThanosQuery(pulumi.ComponentResource):
    """Thanos' query with its config and Service: answers as a Prometheus that has everything, of replicas once."""

    def __init__(self, name: str, args: ThanosQueryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:ThanosQuery", name, None, opts)
        owner = Owner(self, "thanos-query", name, args.server)
        place = args.server.place
        process = Process(
            arguments=(
                "query",
                _HTTP,
                _GRPC,
                f"--endpoint.sd-config-file={place.config}/{ENDPOINTS_FILE}",
                f"--query.replica-label={names.REPLICA}",
                _MEMORY,
            ),
            ready=_READY,
            alive=_ALIVE,
            user=_USER,
            start=120,
            stop=150,  # what is being asked is answered first
            ports=[_GRPC_PORT],
        )
        deployment(owner, process, mounts(owner), checksum(args.server.folders))
        service(owner, ServicePortArgs(name="grpc", port=THANOS_GRPC_PORT, target_port="grpc", protocol="TCP"))
        disruption_budget(owner)
        network_policy(owner)
        service_account(owner)
        self.register_outputs({"address": place.addresses[0]})


class ThanosStore(pulumi.ComponentResource):
    """Thanos' store gateway with its secret, volumes (a cache) and Service: answers for what is in the bucket."""

    def __init__(self, name: str, args: ThanosStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:ThanosStore", name, None, opts)
        owner = Owner(self, "thanos-store", name, args.server)
        place = args.server.place
        process = Process(
            arguments=(
                "store",
                _HTTP,
                _GRPC,
                f"--data-dir={place.data}",
                _opens_the_bucket(owner),
                *_fits_into(mebibytes(args.server.resources.memory)),
                _MEMORY,
            ),
            ready=_READY,
            alive=_ALIVE,
            user=_USER,
            start=900,  # the bucket is looked through first
            stop=150,
            ports=[_GRPC_PORT],
        )
        stateful_set(owner, process, mounts(owner), secrets=secrets_checksum(owner, args.server.secrets))
        pod_names(owner)
        disruption_budget(owner)
        network_policy(owner)
        service_account(owner)
        self.register_outputs({"address": place.addresses[0]})


class ThanosCompactor(pulumi.ComponentResource):
    """Thanos' compactor with its secret, volume (scratch space) and Service. Two at once would spoil the bucket, so it
    has the one pod of a StatefulSet: Kubernetes starts none before the last is gone."""

    def __init__(self, name: str, args: ThanosCompactorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:ThanosCompactor", name, None, opts)
        owner = Owner(self, "thanos-compactor", name, args.server)
        place, retention = args.server.place, args.retention
        process = Process(
            arguments=(
                "compact",
                "--wait",
                _HTTP,
                f"--data-dir={place.data}",
                _opens_the_bucket(owner),
                f"--retention.resolution-raw={retention.raw}",
                f"--retention.resolution-5m={retention.five_minutes}",
                f"--retention.resolution-1h={retention.hour}",
                "--disable-admin-operations",
                _MEMORY,
            ),
            ready=_READY,
            alive=_ALIVE,
            user=_USER,
            start=300,
            stop=150,
        )
        stateful_set(owner, process, mounts(owner), secrets=secrets_checksum(owner, args.server.secrets))
        pod_names(owner)
        network_policy(owner)
        service_account(owner)
        self.register_outputs({"address": place.addresses[0]})


def _fits_into(memory: int) -> tuple[str, ...]:
    """What a store may hold at once, of so many MiB: chunks in a quarter of it, and heads of indexes in an eighth. One
    request gets no more samples than have room in those chunks; it fails before the store runs out of memory."""
    return (
        f"--chunk-pool-size={memory // 4}MiB",
        f"--index-cache-size={memory // 8}MiB",
        f"--store.limits.request-samples={memory * _MEBIBYTE // 4 // _BYTES_OF_A_SAMPLE}",
    )


def _opens_the_bucket(owner: Owner) -> str:
    return f"--objstore.config-file={owner.args.place.secrets}/{THANOS_BUCKET.file}"
