"""A copy of a folder that is written to meanwhile, made so that little is left to copy once it isn't."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

State = tuple[int, int, int]
"""A file's inode, size and time of its last write: another after it is written to."""
_AT_REST = 2 * 10**9
"""Nanoseconds: what was last written so long ago gets another time by its next write, however coarse the clock."""


@dataclass(frozen=True)
class FolderCopy:
    """`target` becomes a copy of `source`. By their paths in there, files of `never_edited` get a second name, where
    the file system lets them, which takes no time and no room; folders of `left_out` aren't copied."""

    source: Path
    target: Path
    never_edited: re.Pattern[str]
    left_out: re.Pattern[str]

    def while_written(self, copied: Mapping[str, State]) -> dict[str, State]:
        """Copies what isn't in the copy, except what was written just now, and drops from it what is gone. Returns what
        is in it then, by path; `copied` is what the call before returned, or nothing."""
        return dict(self._copied(self.source, self.target, copied, time.time_ns() - _AT_REST))

    def at_rest(self, copied: Mapping[str, State]) -> None:
        """Makes the copy one of this moment, while nothing is written."""
        dict(self._copied(self.source, self.target, copied, None))

    def _copied(
        self, source: Path, target: Path, copied: Mapping[str, State], before: int | None
    ) -> Iterator[tuple[str, State]]:
        """Where a time is given, only what was last written before it is copied, and what vanishes is left."""
        forgiven = (FileNotFoundError,) if before else ()
        if not target.is_dir():
            target.mkdir()
            shutil.copystat(source, target)
        gone = {entry.name for entry in os.scandir(target)}
        with os.scandir(source) as entries:
            for entry in entries:
                with suppress(*forgiven):
                    if entry.is_dir():
                        if self.left_out.fullmatch(self._name(entry.path)):
                            continue
                        yield from self._copied(Path(entry.path), target / entry.name, copied, before)
                    else:
                        at = entry.stat()
                        state = at.st_ino, at.st_size, at.st_mtime_ns
                        if copied.get(entry.path) != state:
                            if before and at.st_mtime_ns >= before:
                                continue
                            _remove(target / entry.name)
                            self._copy(entry.path, target / entry.name)
                        yield entry.path, state
                    gone.discard(entry.name)
        for name in gone:
            _remove(target / name)

    def _copy(self, path: str, own: Path) -> None:
        if self.never_edited.fullmatch(self._name(path)):
            with suppress(OSError):  # another file system, or one without links
                os.link(path, own)
                return
        shutil.copy2(path, own)

    def _name(self, path: str) -> str:
        return Path(path).relative_to(self.source).as_posix()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
