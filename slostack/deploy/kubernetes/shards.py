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
    sizes = {name: size_of({name: text}) for name, text in files.items()}
    if not _fits(sizes, count):
        raise SlostackError(_too_full(sizes, count, what))
    placed: dict[int, dict[str, str]] = {}
    for name, text in sorted(files.items()):
        placed.setdefault(shard_of(name, count), {})[name] = text
    return dict(sorted(placed.items()))


def undivided(files: Mapping[str, str], what: str) -> dict[str, str]:
    """The files as the data of one ConfigMap; raises SlostackError where that is too much."""
    if (size := size_of(files)) > MOST_BYTES:
        raise SlostackError(
            f"{what}: {size:,} bytes, expected at most {MOST_BYTES:,} (what a ConfigMap holds): watch fewer services"
        )
    return dict(files)


def size_of(data: Mapping[str, str]) -> int:
    """The bytes that Kubernetes counts against a ConfigMap's limit."""
    return sum(len(name.encode()) + len(text.encode()) for name, text in data.items())


def _fits(sizes: Mapping[str, int], count: int) -> bool:
    totals = [0] * count
    for name, size in sizes.items():
        totals[shard_of(name, count)] += size
    return max(totals) <= MOST_BYTES


def _too_full(sizes: Mapping[str, int], count: int, what: str) -> str:
    largest = max(sizes, key=lambda name: sizes[name])
    if sizes[largest] > MOST_BYTES:
        return (
            f"{what}: {largest} has {sizes[largest]:,} bytes, expected at most {MOST_BYTES:,} (what a ConfigMap "
            f"holds): split the service's SLOs over two SLO files"
        )
    enough = count
    while enough < MOST_SHARDS:
        enough = min(2 * enough, MOST_SHARDS)
        if _fits(sizes, enough):
            return (
                f"{what}: {count} ConfigMaps are too few, expected each to stay below {MOST_BYTES:,} bytes: "
                f"set slostack:kubernetes.shards to {enough}"
            )
    return f"{what}: too much for {MOST_SHARDS} ConfigMaps of {MOST_BYTES:,} bytes, expected fewer or smaller files"
