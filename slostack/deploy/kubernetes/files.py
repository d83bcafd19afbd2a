"""A server's files as ConfigMaps, and the volumes that put them where the server reads them.

Whole folders are mounted: a file mounted by itself (subPath) would never see an update.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pulumi_kubernetes.core.v1 import (
    ConfigMap,
    ConfigMapProjectionArgs,
    ConfigMapVolumeSourceArgs,
    EmptyDirVolumeSourceArgs,
    ProjectedVolumeSourceArgs,
    SecretVolumeSourceArgs,
    VolumeArgs,
    VolumeMountArgs,
    VolumeProjectionArgs,
)

from slostack.deploy.kubernetes.server import Owner, secret
from slostack.deploy.kubernetes.shards import shards

_READABLE = 0o444
_SECRET = 0o440
"""Readable by the pod's group (fsGroup) alone."""


@dataclass(frozen=True)
class Mounted:
    """Where a volume is mounted, and the volume, where it is not one of a StatefulSet's templates."""

    mount: VolumeMountArgs
    volume: VolumeArgs | None = None


def mount_files(owner: Owner, sharded: Mapping[str, int]) -> list[Mounted]:
    """All folders of the owner's files, its secrets and a place for temporary files.

    `sharded` has the folders that grow with services and SLOs, and how many ConfigMaps they may take; every other
    folder is one ConfigMap.
    """
    folders = _by_folder(owner.args.files)
    mounted = [_folder(owner, folder, files) for folder, files in folders.items() if folder not in sharded]
    mounted += [_sharded(owner, folder, folders.get(folder, {}), count) for folder, count in sharded.items()]
    return [*mounted, *_secrets(owner), _temporary_files()]


def checksum(owner: Owner, sharded: Mapping[str, int]) -> str:
    """Changes whenever a file outside the sharded folders does: what a server without a reload must restart for."""
    text = "".join(
        f"{folder}/{name}\0{text}\0"
        for folder, files in _by_folder(owner.args.files).items()
        if folder not in sharded
        for name, text in files.items()
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _by_folder(files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    folders: dict[str, dict[str, str]] = {}
    for path, text in sorted(files.items()):
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, {})[name] = text
    return folders


def _folder(owner: Owner, folder: str, files: Mapping[str, str]) -> Mounted:
    name = _volume_name(folder)
    ((_, data),) = shards(files, 1, f"{owner.server}/{folder}").items()
    ConfigMap(owner.child(name), metadata=owner.metadata(name), data=data, opts=owner.opts)
    source = ConfigMapVolumeSourceArgs(name=f"{owner.server}-{name}", default_mode=_READABLE)
    return _mounted(owner, folder, VolumeArgs(name=name, config_map=source))


def _sharded(owner: Owner, folder: str, files: Mapping[str, str], count: int) -> Mounted:
    """Every shard that may ever be is mounted from the start, so that the first file of one restarts no pod."""
    name = _volume_name(folder)
    for shard, data in shards(files, count, f"{owner.server}/{folder}").items():
        suffix = f"{name}-{_shard_name(shard, count)}"
        ConfigMap(owner.child(suffix), metadata=owner.metadata(suffix), data=data, opts=owner.opts)
    sources = [
        VolumeProjectionArgs(
            config_map=ConfigMapProjectionArgs(
                name=f"{owner.server}-{name}-{_shard_name(shard, count)}",
                optional=True,
            )
        )
        for shard in range(count)
    ]
    projected = ProjectedVolumeSourceArgs(sources=sources, default_mode=_READABLE)
    return _mounted(owner, folder, VolumeArgs(name=name, projected=projected))


def _shard_name(shard: int, count: int) -> str:
    """Has the count in it: after another count all shards are new, and the old ones stay until pods have moved on."""
    return f"{shard}-of-{count}"


def _secrets(owner: Owner) -> Iterator[Mounted]:
    if secret(owner):
        source = SecretVolumeSourceArgs(secret_name=f"{owner.server}-secrets", default_mode=_SECRET)
        yield Mounted(
            VolumeMountArgs(name="secrets", mount_path=owner.args.place.secrets, read_only=True),
            VolumeArgs(name="secrets", secret=source),
        )


def _temporary_files() -> Mounted:
    volume = VolumeArgs(name="tmp", empty_dir=EmptyDirVolumeSourceArgs(size_limit="256Mi"))
    return Mounted(VolumeMountArgs(name="tmp", mount_path="/tmp"), volume)


def _volume_name(folder: str) -> str:
    return folder.replace("/", "-") or "config"


def _mounted(owner: Owner, folder: str, volume: VolumeArgs) -> Mounted:
    path = f"{owner.args.place.config}/{folder}".rstrip("/")
    return Mounted(VolumeMountArgs(name=volume.name, mount_path=path, read_only=True), volume)
