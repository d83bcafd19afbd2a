"""A sign of life from work that takes longer than a moment."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from slostack.servers.server import Report

EVERY_SECONDS = 10.0


@contextmanager
def progress(report: Report, describe: Callable[[], str]) -> Iterator[None]:
    """While the block runs, report every ten seconds how long it has run and what `describe` says."""
    done = Event()
    started = time.monotonic()

    def beat() -> None:
        while not done.wait(EVERY_SECONDS):
            report(f"{describe()}, {time.monotonic() - started:.0f} s")

    thread = Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
