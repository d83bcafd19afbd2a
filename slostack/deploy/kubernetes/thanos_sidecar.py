"""Thanos' sidecar of a Prometheus: puts its blocks into the bucket, and answers for those that aren't there yet."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import ContainerArgs, ContainerPortArgs

from slostack.deploy.kubernetes.jobs import step
from slostack.deploy.kubernetes.mounts import Mounted, secret_files
from slostack.deploy.kubernetes.pod import Container, Run
from slostack.deploy.kubernetes.server import Owner
from slostack.deploy.kubernetes.stateful import data_mount
from slostack.deploy.kubernetes.topology import THANOS_GRPC_PORT, THANOS_PORT
from slostack.deploy.secrets import THANOS_BUCKET
from slostack.settings import Resources

BUCKET_FOLDER = "/etc/slostack/bucket"
_UPLOADED = "thanos.shipper.json"
"""The file, below Prometheus' data, in which the sidecar notes the blocks that are in the bucket."""
_NAME = "thanos-sidecar"
_NOTES = "uploads"
_REPLAY_SECONDS = 900
"""How long Prometheus may read its write-ahead log."""
_BEGIN = """[ -s "$1" ] || { echo '{"version": 1}' > "$1.new" && mv "$1.new" "$1"; }"""


@dataclass(frozen=True)
class SidecarArgs:
    """The sidecar's arguments; `bucket` is the text of the file by which it opens the bucket."""

    image: str
    resources: Resources
    bucket: pulumi.Input[str]


def delays_compaction(data: str) -> str:
    """Has a Prometheus with a sidecar compact no block before that is in the bucket: it takes none that was."""
    return f"--storage.tsdb.delay-compact-file.path={data}/{_UPLOADED}"


def begins_notes(owner: Owner) -> ContainerArgs:
    """Begins the file of uploaded blocks before the owner starts, with none: where there is no file it would delay
    nothing, and the sidecar writes none until it has reached the bucket."""
    command = ("/bin/sh", "-c", _BEGIN, _NOTES, f"{owner.args.place.data}/{_UPLOADED}")
    return step(owner, _NOTES, owner.args.image, command, mounted=[Mounted(data_mount(owner))])


def sidecar(owner: Owner, args: SidecarArgs) -> Container:
    """The sidecar of the owner, which is a Prometheus."""
    run = Run(
        arguments=(
            "sidecar",
            f"--http-address=:{THANOS_PORT}",
            f"--grpc-address=:{THANOS_GRPC_PORT}",
            f"--prometheus.url=http://localhost:{owner.port}",
            f"--prometheus.ready_timeout={_REPLAY_SECONDS}s",
            f"--tsdb.path={owner.args.place.data}",
            f"--shipper.meta-file-name={_UPLOADED}",
            f"--objstore.config-file={BUCKET_FOLDER}/{THANOS_BUCKET.file}",
        ),
        ready="/-/ready",
        alive="/-/healthy",
        start=_REPLAY_SECONDS,
        ports=[ContainerPortArgs(name="thanos-grpc", container_port=THANOS_GRPC_PORT, protocol="TCP")],
    )
    bucket = secret_files(owner, "bucket", {THANOS_BUCKET.file: args.bucket}, BUCKET_FOLDER)
    mounted = [bucket, Mounted(data_mount(owner))]
    return Container(_NAME, args.image, THANOS_PORT, run, args.resources, mounted)
