"""`python -m slostack.demo`: the workload as a process."""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import click

from slostack.demo.loki import LokiPusher
from slostack.demo.scenarios import MODELS
from slostack.demo.server import WorkloadServer
from slostack.demo.switches import running
from slostack.demo.workload import Workload
from slostack.http_server import background, report, run, serving, stop_signal

TICK_SECONDS = 1.0


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=9464, show_default=True, help="The port of /<service>/metrics.")
@click.option(
    "--service",
    "services",
    multiple=True,
    type=click.Choice(list(MODELS)),
    default=list(MODELS),
    help="A service to play, one of several; without it all are played.",
)
@click.option("--loki", help="Loki's URL; without it nothing is logged.")
@click.option("--state", required=True, type=click.Path(file_okay=False, path_type=Path), help="The switches' folder.")
@click.option("--seed", type=int, help="Makes the traffic repeatable.")
def main(host: str, port: int, services: tuple[str, ...], loki: str | None, state: Path, seed: int | None) -> None:
    """Plays services: traffic with a daily shape, metrics, JSON logs, and failures that can be switched on."""
    stop = stop_signal()
    with ExitStack() as running_parts:
        running_parts.enter_context(running(state, services))
        workload = Workload(services, state, time.time(), seed, report=report)
        pushers = {service: LokiPusher(loki, service, report=report) for service in services if loki}
        for pusher in pushers.values():
            running_parts.enter_context(background(partial(pusher.run, stop)))
        running_parts.callback(stop.set)
        running_parts.enter_context(serving(WorkloadServer(host, port, workload)))
        for service in services:
            report(f"{service}'s metrics are at http://{host}:{port}/{service}/metrics")
        while not stop.wait(TICK_SECONDS):
            for service, lines in workload.tick(time.time()).items():
                if service in pushers:
                    pushers[service].add(lines)


if __name__ == "__main__":
    run(main)
