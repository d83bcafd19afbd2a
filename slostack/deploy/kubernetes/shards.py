"""Which ConfigMap a file goes into, so that their number depends on neither services nor SLOs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from slostack.errors import SlostackError

MOST_SHARDS = 1024
MOST_BYTES = 1_000_000
"""Below the 1 MiB (1,048,576 bytes) that Kubernetes accepts as the data of one ConfigMap."""


def shard_of(name: str, count: int) -> int:
    """The shard of a file, from its name alone: other files that come or go never move it."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % count


def shards(files: Mapping[str, str], count: int, what: str) -> dict[int, dict[str, str]]:
    """The files of each shard that has any; `what` names them in errors.

    Raises SlostackError where a shard is more than a ConfigMap holds.
    """
    placed = _placed(files, count)
    if any(size_of(shard) > MOST_BYTES for shard in placed.values()):
        raise SlostackError(_too_full(files, count, what))
    return placed


def size_of(data: Mapping[str, str]) -> int:
    """The bytes that Kubernetes counts against a ConfigMap's limit."""
    return sum(len(name.encode()) + len(text.encode()) for name, text in data.items())


def _placed(files: Mapping[str, str], count: int) -> dict[int, dict[str, str]]:
    placed: dict[int, dict[str, str]] = {}
    for name in sorted(files):
        placed.setdefault(shard_of(name, count), {})[name] = files[name]
    return dict(sorted(placed.items()))


def _too_full(files: Mapping[str, str], count: int, what: str) -> str:
    name, text = max(files.items(), key=lambda file: len(file[1].encode()))
    if (size := len(text.encode())) > MOST_BYTES:
        return (
            f"{what}: {name} has {size:,} bytes, expected at most {MOST_BYTES:,} (what a ConfigMap holds): "
            f"split the service's SLOs over two SLO files"
        )
    enough = count
    while enough < MOST_SHARDS:
        enough = min(2 * enough, MOST_SHARDS)
        if all(size_of(shard) <= MOST_BYTES for shard in _placed(files, enough).values()):
            return (
                f"{what}: {count} ConfigMaps are too few, expected each to stay below {MOST_BYTES:,} bytes: "
                f"set slostack:kubernetes.shards to {enough}"
            )
    return f"{what}: too much for {MOST_SHARDS} ConfigMaps of {MOST_BYTES:,} bytes, expected fewer or smaller files"
