"""Restarts Prometheus once its disk has room again after a write to its log has failed: what it stores from then on, it
would lose at its next start.

It is an event listener of the supervisor, whose ticks of five seconds it waits for.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from urllib.request import urlopen
from xmlrpc.client import Fault

from supervisor.childutils import getRPCInterface, listener  # type: ignore[import-untyped]

EVENTS = "TICK_5"
_FAILED = "prometheus_tsdb_wal_writes_failed_total "
_ROOM = 16 << 20
"""Bytes with which a start is worth it."""
_PAUSE = 300
"""Seconds between restarts, where they don't help."""
_ANSWER_SECONDS = 3


def is_broken(url: str) -> bool:
    """Whether the Prometheus at a URL says that a write to its log has failed since its start."""
    try:
        with urlopen(f"{url}/metrics", timeout=_ANSWER_SECONDS) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:  # it starts, or ends
        return False
    return any(float(line.removeprefix(_FAILED)) > 0 for line in lines if line.startswith(_FAILED))


def has_room(folder: Path) -> bool:
    """Whether its disk is full no more."""
    return shutil.disk_usage(folder).free >= _ROOM


def main(program: str, url: str, folder: Path) -> None:
    """Watches the Prometheus that the supervisor calls `program`, with its data in `folder`, while the supervisor is
    there."""
    supervisor, restarted = getRPCInterface(os.environ), float("-inf")
    while True:
        try:
            listener.wait()
        except KeyError:  # nothing tells of events any more
            return
        if time.monotonic() - restarted > _PAUSE and is_broken(url) and has_room(folder):
            try:
                supervisor.supervisor.signalProcess(program, "TERM")
                restarted = time.monotonic()
            except Fault as fault:
                print(f"can't restart {program}: {fault.faultString}", file=sys.stderr, flush=True)
        listener.ok()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
