"""What tests of processes and ports share."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

_PORTS = range(10_000, 32_000)
"""Below those that the system gives to connections: one of these may not be free any more when a server that it was
picked for begins to listen."""
_PICKED = Path(tempfile.gettempdir()) / f"slostack-picked-ports-{os.getuid()}"
SECONDS = 20
"""How long a test waits for what should happen at once."""


def free_port() -> int:
    """A loopback port that nothing listens on, and that no other test is given until this process ends."""
    while True:
        port = random.choice(_PORTS)
        if _is_free(port) and _is_picked(port):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as sock:
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _is_picked(port: int) -> bool:
    """Whether this process got the port: the lock on its file lasts as long as the process."""
    _PICKED.mkdir(exist_ok=True)
    file = os.open(_PICKED / str(port), os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return False
    return True


def wait_until(condition: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Waits for a condition; fails the test where it doesn't come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


def free_ports(number: int) -> list[int]:
    """Loopback ports that nothing listens on, all different."""
    return [free_port() for _ in range(number)]


@contextmanager
def held_port() -> Iterator[int]:
    """A loopback port that nobody else is given; a server that sets SO_REUSEADDR can listen on it meanwhile."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def python(*arguments: str, output: Path) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A Python process whose output goes to a file; it is killed at the end of the block."""
    return running([sys.executable, *arguments], output)


@contextmanager
def running(
    command: Sequence[str | Path], output: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose output goes to a file; it is killed at the end of the block."""
    with (
        output.open("wb") as file,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, env=environment
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()
