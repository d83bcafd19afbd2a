"""Writing files so that a reader, or an interruption, never meets half of one; and how their names are shown."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from slostack.errors import SlostackError

TEMPORARY = ".slostack-tmp"
"""Ends the name of a file that is still being written; one that is left over was interrupted and can go."""


def write_atomically(path: Path, text: str, mode: int = 0o644, *, lasting: bool = True) -> None:
    """Replaces a file's content as a whole; raises SlostackError where it can't be written.

    What is not `lasting` can be made again: it isn't waited for until it would survive a power cut, some ms a file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                if lasting:
                    file.flush()
                    os.fsync(file.fileno())
            Path(temporary).chmod(mode)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise SlostackError(f"can't write {path} ({error.strerror}), expected a writable folder with room") from None


def shown_path(path: Path, root: Path) -> str:
    """A file's path from the project's root where it is below it; any name can be printed safely."""
    text = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
