"""The demo's services in played time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from threading import Event

from slostack.demo import state_folder
from slostack.demo.loki import LokiPusher
from slostack.demo.server import WorkloadServer
from slostack.demo.workload import Workload
from slostack.http_server import background, serving
from slostack.settings import LOOPBACK
from tests.gameday.clock import Clock
from tests.gameday.stage import Stage

STEP, PUSH = 3.0, 10.0
"""Played seconds between two looks at the switches, and between two pushes of the log."""
_PAUSE = 0.02


@contextmanager
def served(stage: Stage, clock: Clock) -> Iterator[Mapping[str, float]]:
    """Plays the services while the block runs; what is broken, the project's switches say. Gives the played times at
    which the services followed a switch, by what the demo reports of it."""
    stop, changes = Event(), dict[str, float]()
    state = state_folder(stage.project.root)

    def follow(change: str) -> None:
        changes[change] = clock.played(time.time())

    workload = Workload(stage.services, state, clock.start, seed=1, report=follow)

    pushers = {
        name: LokiPusher(stage.project.url("loki"), name, report=lambda _: None)
        for name, service in stage.services.items()
        if service.log_counts
    }

    def play() -> None:
        now = float(clock.start)
        while not stop.wait(_PAUSE):
            while now + STEP <= clock.played(time.time()):
                now += STEP
                logged = workload.tick(now)
                for name, pusher in pushers.items():
                    pusher.add(replace(line, time=clock.real(line.time)) for line in logged[name])

    with ExitStack() as running:
        running.enter_context(serving(WorkloadServer(LOOPBACK, stage.project.ports.demo, workload)))
        running.enter_context(background(play))
        for pusher in pushers.values():
            running.enter_context(background(partial(pusher.run, stop, PUSH / clock.factor)))
        running.callback(stop.set)
        yield changes
