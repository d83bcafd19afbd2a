"""Writing files so that a reader, or an interruption, never meets half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from slostack.errors import SlostackError


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Replaces a file's content as a whole; raises SlostackError where it can't be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(mode)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise SlostackError(f"can't write {path} ({error.strerror}), expected a writable folder with room") from None
