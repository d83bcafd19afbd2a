"""Locks between processes: files that the system unlocks however their holder ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from slostack.errors import SlostackError


class HeldError(Exception):
    """Another process holds the lock."""


@contextmanager
def locked(path: Path, timeout: float) -> Iterator[None]:
    """Holds a lock; raises HeldError after `timeout` seconds, SlostackError where the file can't be written."""
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=timeout)
    except Timeout:
        raise HeldError from None
    except OSError as error:
        raise SlostackError(f"can't write {path} ({error.strerror}), expected a writable folder with room") from None
    try:
        yield
    finally:
        lock.release()
