"""A server's files and secrets as objects of the cluster, and the volumes that put them where the server reads them.

Whole folders are mounted: a file that is mounted by itself (subPath) never sees an update.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import (
    ConfigMap,
    ConfigMapProjectionArgs,
    ConfigMapVolumeSourceArgs,
    EmptyDirVolumeSourceArgs,
    ProjectedVolumeSourceArgs,
    Secret,
    SecretVolumeSourceArgs,
    VolumeArgs,
    VolumeMountArgs,
    VolumeProjectionArgs,
)

from slostack.deploy.kubernetes.files import Folder
from slostack.deploy.kubernetes.server import Owner, secret

_READABLE = 0o444
_SECRET = 0o440
"""Readable by the pod's group (fsGroup) alone."""


@dataclass(frozen=True)
class Mounted:
    """Where a volume is mounted, the volume, where it is not one of a StatefulSet's templates, and what it shows."""

    mount: VolumeMountArgs
    volume: VolumeArgs | None = None
    objects: tuple[ConfigMap | Secret, ...] = ()


def mounts(owner: Owner) -> list[Mounted]:
    """All folders of the owner's files, its secrets and a place for temporary files."""
    return [*(_folder(owner, folder) for folder in owner.args.folders), *_secrets(owner), _temporary_files()]


def _folder(owner: Owner, folder: Folder) -> Mounted:
    config_maps = tuple(
        ConfigMap(owner.child(name), metadata=owner.metadata(name), data=files, opts=owner.opts)
        for name, files in folder.config_maps.items()
    )
    path = f"{owner.args.place.config}/{folder.path}".rstrip("/")
    volume = _projected(owner, folder) if folder.sharded else _plain(owner, folder)
    return Mounted(VolumeMountArgs(name=folder.volume, mount_path=path, read_only=True), volume, config_maps)


def _plain(owner: Owner, folder: Folder) -> VolumeArgs:
    (name,) = folder.names
    source = ConfigMapVolumeSourceArgs(name=f"{owner.server}-{name}", default_mode=_READABLE)
    return VolumeArgs(name=folder.volume, config_map=source)


def _projected(owner: Owner, folder: Folder) -> VolumeArgs:
    sources = [
        VolumeProjectionArgs(config_map=ConfigMapProjectionArgs(name=f"{owner.server}-{name}", optional=True))
        for name in folder.names
    ]
    projected = ProjectedVolumeSourceArgs(sources=sources, default_mode=_READABLE)
    return VolumeArgs(name=folder.volume, projected=projected)


def _secrets(owner: Owner) -> Iterator[Mounted]:
    if owner.args.secrets:
        yield secret_files(owner, "secrets", owner.args.secrets, owner.args.place.secrets)


def secret_files(owner: Owner, suffix: str, files: Mapping[str, pulumi.Input[str]], path: str) -> Mounted:
    """Secret files by name, below a path; `suffix` ends the name of their Secret and is that of their volume."""
    source = SecretVolumeSourceArgs(secret_name=f"{owner.server}-{suffix}", default_mode=_SECRET)
    return Mounted(
        VolumeMountArgs(name=suffix, mount_path=path, read_only=True),
        VolumeArgs(name=suffix, secret=source),
        (secret(owner, suffix, files),),
    )


def _temporary_files() -> Mounted:
    volume = VolumeArgs(name="tmp", empty_dir=EmptyDirVolumeSourceArgs(size_limit="256Mi"))
    return Mounted(VolumeMountArgs(name="tmp", mount_path="/tmp"), volume)
