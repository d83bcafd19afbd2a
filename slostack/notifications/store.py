"""Notifications on disk: one JSON line each, in the order in which they came."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from slostack.errors import SlostackError
from slostack.notifications.model import Notification
from slostack.notifications.parsing import BadNotificationError, from_stored

FILE = "notifications.jsonl"


def store_folder(root: Path) -> Path:
    """Where the receiver of the stack on this machine keeps notifications, in the project at `root`."""
    return root / ".slostack" / "local" / "data" / "notifications"


def append(folder: Path, notifications: Iterable[Notification]) -> None:
    """Stores notifications for good, all or none of them; raises OSError where the disk refuses. One process at a
    time: what a killed one left after the last whole line is removed."""
    text = "".join(json.dumps(n.as_dict(), ensure_ascii=False) + "\n" for n in notifications)
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        end = _end_of_last_line(file)
        os.ftruncate(file, end)
        try:
            _write_all(file, text.encode())
            os.fsync(file)
        except OSError:
            os.ftruncate(file, end)
            raise
    finally:
        os.close(file)


def _end_of_last_line(file: int) -> int:
    end = os.fstat(file).st_size
    while end:
        start = max(0, end - 65536)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


class NotificationReader:
    """Reads a store from its beginning; `read` again gives what came since, or all of it where it got shorter."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._position = 0

    def read(self) -> Iterator[Notification]:
        """Whole lines that were not read yet; raises SlostackError where a line holds something else."""
        try:
            with self._path.open("rb") as file:
                if os.fstat(file.fileno()).st_size < self._position:
                    self._position = 0
                file.seek(self._position)
                lines = file.readlines()
        except FileNotFoundError:
            return
        except OSError as error:
            raise SlostackError(f"can't read {self._path} ({error.strerror})") from None
        for line in lines:
            if not line.endswith(b"\n"):
                return
            self._position += len(line)
            try:
                yield from_stored(json.loads(line))
            except (ValueError, BadNotificationError) as error:
                raise SlostackError(
                    f"{self._path}: {line[:80]!r} can't be read ({error}), expected a stored notification; "
                    "move the file away to start anew"
                ) from None
