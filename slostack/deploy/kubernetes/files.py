"""The ConfigMaps that a server's files become."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from slostack.deploy.kubernetes.shards import shards, undivided


@dataclass(frozen=True)
class Folder:
    """A folder below a server's config folder (`""` is that itself), as ConfigMaps by the end of their names.

    `names` are the ends of all names that are mounted. A sharded folder mounts every shard that may ever be, from the
    start, so that the first file of a shard restarts no pod.
    """

    path: str
    config_maps: Mapping[str, Mapping[str, str]]
    names: tuple[str, ...]
    sharded: bool

    @property
    def volume(self) -> str:
        """The name of its volume."""
        return _dashed(self.path)


def folders(server: str, files: Mapping[str, str], sharded: Collection[str], count: int) -> tuple[Folder, ...]:
    """A server's files by folder, each folder in `sharded` spread over up to `count` ConfigMaps, the others in one.

    Raises SlostackError where a ConfigMap can't hold its files.
    """
    by_folder: dict[str, dict[str, str]] = {folder: {} for folder in sharded}
    for path, text in sorted(files.items()):
        folder, _, name = path.rpartition("/")
        by_folder.setdefault(folder, {})[name] = text
    return tuple(
        _spread(server, path, texts, count) if path in sharded else _whole(server, path, texts)
        for path, texts in sorted(by_folder.items())
    )


def checksum(all_folders: Collection[Folder]) -> str:
    """Changes whenever a file outside the sharded folders does: what a server without a reload must restart for."""
    texts = (
        f"{folder.path}/{name}\0{text}\0"
        for folder in all_folders
        if not folder.sharded
        for files in folder.config_maps.values()
        for name, text in files.items()
    )
    return hashlib.sha256("".join(texts).encode()).hexdigest()


def _whole(server: str, path: str, files: Mapping[str, str]) -> Folder:
    name = _dashed(path)
    return Folder(path, {name: undivided(files, f"{server}/{path}".rstrip("/"))}, (name,), sharded=False)


def _spread(server: str, path: str, files: Mapping[str, str], count: int) -> Folder:
    """Shards have their number in their names: after another number all are new, and the old ones stay until pods
    have moved on."""
    names = tuple(f"{_dashed(path)}-{shard}-of-{count}" for shard in range(count))
    placed = shards(files, count, f"{server}/{path}")
    return Folder(path, {names[shard]: data for shard, data in placed.items()}, names, sharded=True)


def _dashed(path: str) -> str:
    return path.replace("/", "-") or "config"
