"""What tests of processes and ports share."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 20
"""How long a test waits for what should happen at once."""


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Waits for a condition; fails the test where it doesn't come true in time."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"not within {SECONDS} s: {what}"
        time.sleep(0.05)


@contextmanager
def python(*arguments: str, output: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process whose output goes to a file; it is killed at the end of the block."""
    with (
        output.open("wb") as file,
        subprocess.Popen([sys.executable, *arguments], stdout=file, stderr=subprocess.STDOUT) as process,
    ):
        try:
            yield process
        finally:
            process.kill()
