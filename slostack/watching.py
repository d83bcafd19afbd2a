"""Waiting for a project's files to be saved."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from slostack.project import FILLED_FOLDER
from slostack.teams import TEAMS_FILE

FOLDERS = ("slos", "policies", "runbooks", "stacks", "alert_rules/custom", "dashboards/custom")
FILES = (TEAMS_FILE,)
"""What people write; all else is rendered from it."""
_SECONDS = 0.3

Saved = Mapping[str, tuple[int, int, int]]
"""By path: the file's time, size and inode."""


def saves(root: Path) -> Iterator[tuple[str, ...]]:
    """The paths that were saved, added or removed, each time that some are and no more follow; it never ends.

    None at first; what is saved while a caller is busy with the last ones comes next.
    """
    before = saved(root)
    yield ()
    while True:
        time.sleep(_SECONDS)
        now = saved(root)
        if now == before:
            continue
        while (later := _a_moment_later(root)) != now:
            now = later
        changed = sorted(path for path in {*before, *now} if before.get(path) != now.get(path))
        before = now
        if changed:
            yield tuple(changed)


def saved(root: Path) -> Saved:
    """The files as they are now; hidden ones, editors' backups and what is filled in are none."""
    found: dict[str, tuple[int, int, int]] = {}
    for path in _written(root):
        try:
            status = path.stat()
        except OSError:
            continue  # not there, removed since, or a link to nowhere
        found[path.relative_to(root).as_posix()] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def _written(root: Path) -> Iterator[Path]:
    yield from (root / name for name in FILES)
    for folder in FOLDERS:
        for place, folders, files in os.walk(root / folder):
            folders[:] = [
                name for name in folders if not name.startswith(".") and Path(place, name) != root / FILLED_FOLDER
            ]
            yield from (Path(place, name) for name in files if not name.startswith(".") and not name.endswith("~"))


def _a_moment_later(root: Path) -> Saved:
    time.sleep(_SECONDS)
    return saved(root)
