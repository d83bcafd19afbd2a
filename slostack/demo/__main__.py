"""`python -m slostack.demo`: the LearnSnap workload as a process."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import click

from slostack.demo.loki import LokiPusher
from slostack.demo.server import WorkloadServer
from slostack.demo.switches import running
from slostack.demo.workload import SERVICE, Workload
from slostack.http_server import background, report, run, serving, stop_signal

TICK_SECONDS = 1.0


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=9464, show_default=True, help="The port of /metrics.")
@click.option("--loki", help="Loki's URL; without it nothing is logged.")
@click.option("--state", required=True, type=click.Path(file_okay=False, path_type=Path), help="The switches' folder.")
@click.option("--seed", type=int, help="Makes the traffic repeatable.")
def main(host: str, port: int, loki: str | None, state: Path, seed: int | None) -> None:
    """Plays LearnSnap: traffic with a daily shape, metrics, JSON logs, and failures that can be switched on."""
    stop = stop_signal()
    with ExitStack() as running_parts:
        running_parts.enter_context(running(state))
        workload = Workload(state, time.time(), seed, report=report)
        pusher = LokiPusher(loki, SERVICE, report=report) if loki else None
        server = WorkloadServer(host, port, workload.registry)
        if pusher:
            running_parts.enter_context(background(lambda: pusher.run(stop)))
        running_parts.enter_context(serving(server))
        report(f"LearnSnap's metrics are at http://{host}:{port}/metrics")
        while not stop.wait(TICK_SECONDS):
            lines = workload.tick(time.time())
            server.answers = workload.answers
            if pusher:
                pusher.add(lines)


if __name__ == "__main__":
    run(main)
