"""A service of the demo in played time: its past in Prometheus' storage, then its workload."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from threading import Event

from slostack import promtool
from slostack.demo import state_folder
from slostack.demo.raw_history import raw_history
from slostack.demo.recorded_history import recorded_history
from slostack.demo.scenarios import MODELS
from slostack.demo.server import WorkloadServer
from slostack.demo.workload import Workload
from slostack.http_server import background, serving
from slostack.names import BAD_EVENTS, EVENTS, GOOD_EVENTS
from slostack.settings import LOOPBACK, WatchedService
from slostack.spec import SLO_FOLDER, load_service
from tests.gameday.clock import Clock
from tests.gameday.stage import PLAYED, Stage
from tests.local.project import SOURCE

STEP = 1.0
"""Played seconds between two looks at the switches, as in the demo's own process."""
_PAUSE = 0.02
_TARGET = "the-service:1"
_COUNTED = tuple(f"{name}{{" for name in (EVENTS, BAD_EVENTS, GOOD_EVENTS))
"""What rules read of the month before; all else is for graphs."""


def seed(stage: Stage, clock: Clock) -> None:
    """Takes what the servers know from them, and gives Prometheus the service's past up to the clock's start."""
    for server in PLAYED:
        shutil.rmtree(stage.project.folder.data(server), ignore_errors=True)
    data = stage.project.folder.data("prometheus")
    data.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=data.parent) as scratch:
        text = Path(scratch, "history.om")
        with text.open("w", encoding="utf-8") as file:
            for sample, ago in _past(stage.service.service, stage.watched.base_path, stage.watched.probe):
                at = "" if ago is None else f" {clock.real(clock.start - ago):.3f}"
                file.write(f"{sample.replace(_TARGET, stage.watched.targets[0])}{at}\n")
            file.write("# EOF\n")
        promtool.create_blocks_from_openmetrics(text, data, max_block_duration="7d")


@cache
def _past(name: str, base_path: str, probe: str) -> list[tuple[str, int | None]]:
    """A service's past as lines of OpenMetrics without their times, and how many seconds ago they were."""
    service, model = load_service(SOURCE / SLO_FOLDER / f"{name}.yaml", SOURCE), MODELS[name]
    watched, now = WatchedService(targets=(_TARGET,), basePath=base_path, probe=probe), int(time.time())
    counted = (line for line in recorded_history(service, model, now) if line.startswith(_COUNTED))
    return [_ago(line, now) for line in chain(counted, raw_history(service, model, watched, now))]


def _ago(line: str, now: int) -> tuple[str, int | None]:
    if line.startswith("#"):
        return line.rstrip("\n"), None
    sample, _, at = line.rpartition(" ")
    return sample, now - int(at)


@contextmanager
def served(stage: Stage, clock: Clock) -> Iterator[SimpleQueue[float]]:
    """Plays the service while the block runs; what is broken, the project's switches say. Gives the played times at
    which the service followed a switch."""
    stop, changes = Event(), SimpleQueue[float]()
    state = state_folder(stage.project.root)
    names = [stage.service.service]
    workload = Workload(names, state, clock.start, seed=1, report=lambda _: changes.put(clock.played(time.time())))

    def play() -> None:
        now = float(clock.start)
        while not stop.wait(_PAUSE):
            while now + STEP <= clock.played(time.time()):
                now += STEP
                workload.tick(now)

    with ExitStack() as running:
        running.enter_context(serving(WorkloadServer(LOOPBACK, stage.project.ports.demo, workload)))
        running.enter_context(background(play))
        running.callback(stop.set)
        yield changes
