"""`python -m slostack.demo`: the LearnSnap workload as a process."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from threading import Event, Thread

import click

from slostack.demo.loki import LokiPusher
from slostack.demo.server import WorkloadServer
from slostack.demo.switches import running
from slostack.demo.workload import SERVICE, Workload
from slostack.errors import SlostackError

TICK_SECONDS = 1.0


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=9464, show_default=True, help="The port of /metrics.")
@click.option("--loki", help="Loki's URL; without it nothing is logged.")
@click.option("--state", required=True, type=click.Path(file_okay=False, path_type=Path), help="The switches' folder.")
@click.option("--seed", type=int, help="Makes the traffic repeatable.")
def main(host: str, port: int, loki: str | None, state: Path, seed: int | None) -> None:
    """Plays LearnSnap: traffic with a daily shape, metrics, JSON logs, and failures that can be switched on."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with running(state):
        workload = Workload(state, time.time(), seed, report=_report)
        pusher = LokiPusher(loki, SERVICE, report=_report) if loki else None
        threads = [Thread(target=pusher.run, args=(stop,), daemon=True)] if pusher else []
        with WorkloadServer(host, port, workload.registry) as server:
            threads.append(Thread(target=server.serve_forever, daemon=True))
            for thread in threads:
                thread.start()
            _report(f"LearnSnap's metrics are at http://{host}:{port}/metrics")
            while not stop.wait(TICK_SECONDS):
                lines = workload.tick(time.time())
                server.answers = workload.answers
                if pusher:
                    pusher.add(lines)
            server.shutdown()
            for thread in threads:
                thread.join(timeout=6)


def _report(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    try:
        main()
    except SlostackError as error:
        sys.exit(str(error))
