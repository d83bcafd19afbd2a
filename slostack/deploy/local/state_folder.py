"""The folder in the project that holds all that the stack on this machine writes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from slostack.errors import SlostackError

_LONGEST_SOCKET_PATH = 100
"""Bytes; systems take 104 to 108."""


@dataclass(frozen=True)
class StateFolder:
    """`.slostack/local/` of one project: config, data, logs and secrets of each server, and what runs."""

    path: Path

    @classmethod
    def of(cls, root: Path) -> StateFolder:
        """The state folder of the project at `root`."""
        return cls(root.resolve() / ".slostack" / "local")

    @property
    def config(self) -> Path:
        """The bundle's files; each server's are below its name."""
        return self.path / "config"

    @property
    def run(self) -> Path:
        """What concerns the processes that run now."""
        return self.path / "run"

    @property
    def supervisor_config(self) -> Path:
        return self.run / "supervisord.conf"

    @property
    def deployed(self) -> Path:
        """What the last `up` started; absent while the stack is meant to be down."""
        return self.run / "deployed.json"

    @property
    def socket(self) -> Path:
        """The supervisor's; in the folder for temporary files where the project's path is too long for a socket."""
        path = self.run / "supervisor.sock"
        if len(bytes(path)) <= _LONGEST_SOCKET_PATH:
            return path
        name = hashlib.sha256(bytes(self.path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"slostack-{name}.sock"

    def data(self, server: str) -> Path:
        """Where a server keeps what must survive a restart."""
        return self.path / "data" / server

    def secrets(self, server: str) -> Path:
        """The secrets that one server reads."""
        return self.path / "secrets" / server

    def log(self, server: str) -> Path:
        """A server's output, rotated by the supervisor."""
        return self.path / "logs" / f"{server}.log"

    def create(self) -> None:
        """Makes the folders that everything else expects; raises SlostackError where that fails."""
        try:
            for folder in (self.config, self.run, self.path / "data", self.path / "logs"):
                folder.mkdir(parents=True, exist_ok=True)
            (self.path / "secrets").mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> SlostackError:
        return SlostackError(f"can't write in {self.path} ({error.strerror}), expected a writable folder with room")

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Lets one `up` or `down` work here at a time; raises SlostackError while another does."""
        self.create()
        lock = FileLock(self.run / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise SlostackError(
                f"another `slostack up` or `slostack down` is at work in {self.path}; wait until it has ended"
            ) from None
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            yield
        finally:
            lock.release()
