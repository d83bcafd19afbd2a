"""Fixtures that passed are remembered: asked the same, promtool answers the same, so that none is played again while
it, the rules that it depends on, and promtool are what they were."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from slostack.promtool import promtool_identity
from slostack.servers.cache import cache_root

_FORGOTTEN_AFTER = 30 * 86400
"""Seconds since a fixture was last asked for."""


def proof_of(folder: Path) -> Path:
    """What is there once the fixture in a folder passed with the rule files beside it: a file of the cache."""
    played = sha256(promtool_identity().encode())
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        played.update(f"\0{file.relative_to(folder)}\0".encode())
        played.update(file.read_bytes())
    proofs = cache_root() / "passed-fixtures"
    _forget_old(proofs)
    return proofs / played.hexdigest()


def is_proven(proof: Path) -> bool:
    """Whether it passed before; it then is remembered for longer."""
    with suppress(OSError):
        os.utime(proof)
        return True
    return False


def remember(proof: Path) -> None:
    """Keeps that it passed; where nothing can be written, it is played again."""
    with suppress(OSError):
        proof.parent.mkdir(parents=True, exist_ok=True)
        proof.touch()


@cache
def _forget_old(folder: Path) -> None:
    oldest = time.time() - _FORGOTTEN_AFTER
    with suppress(OSError):
        for file in folder.iterdir():
            if file.stat().st_mtime < oldest:
                file.unlink()
