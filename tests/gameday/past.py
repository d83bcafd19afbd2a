"""The past of the demo's services in compressed time: what rules read of it, in Prometheus' storage."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from slostack import names, promtool
from slostack.demo.far_history import far_history
from slostack.demo.raw_history import raw_history
from slostack.demo.recorded_history import recorded_history
from slostack.demo.scenarios import MODELS
from slostack.rules import service_groups
from slostack.settings import WatchedService
from slostack.spec import SLO_FOLDER, load_service
from tests.gameday.clock import Clock
from tests.gameday.stage import Stage
from tests.local.project import SOURCE
from tests.unit.promql import metric_names

MINUTE, SHORT, HOUR, DAY = 60, 600, 3600, 86400
TARGET = "the-service:1"
_COUNTED = tuple(f"{name}{{" for name in (names.EVENTS, names.BAD_EVENTS, names.GOOD_EVENTS))
"""What rules read of what they recorded; all else is for graphs."""

Line = tuple[str, int | None]
"""A line of OpenMetrics without its time, and how many seconds ago that was; of a comment None."""


def seed(stage: Stage, clock: Clock) -> None:
    """Gives Prometheus the services' past up to the clock's start."""
    data = stage.project.folder.data("prometheus")
    data.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=data.parent) as scratch:
        text = Path(scratch, "history.om")
        with text.open("w", encoding="utf-8") as file:
            for name in stage.services:
                target = stage.settings.watched[name].targets[0]
                for sample, ago in past(name):
                    at = "" if ago is None else f" {clock.real(clock.start - ago):.3f}"
                    file.write(f"{sample.replace(TARGET, target)}{at}\n")
            file.write("# EOF\n")
        promtool.create_blocks_from_openmetrics(text, data, max_block_duration="7d")


@cache
def past(name: str) -> tuple[Line, ...]:
    """What the rules of a service read of its past."""
    service, model = load_service(SOURCE / SLO_FOLDER / f"{name}.yaml", SOURCE), MODELS[name]
    now = int(time.time())
    watched = WatchedService(targets=(TARGET,), basePath=f"/{name}", probe=f"https://{name}.example")
    read = {metric for group in service_groups(service) for rule in group.rules for metric in metric_names(rule.expr)}
    longest = max(tier.long.seconds for slo in service.slos for tier in slo.tiers)

    def lines(history: Iterator[str]) -> Iterator[Line]:
        for line in history:
            if line.startswith("#"):
                yield line.rstrip("\n"), None
            elif line.partition("{")[0] in read:
                sample, _, at = line.rpartition(" ")
                yield sample, now - int(at)

    counted = (line for line in recorded_history(service, model, now) if line.startswith(_COUNTED))
    recorded = (line for line in lines(counted) if (line[1] or 0) <= longest + HOUR)
    far = (line for line in lines(far_history(service, model, watched, now)) if _is_compared(line))
    raw = (line for line in lines(raw_history(service, model, watched, now)) if _is_dense_enough(line))
    return tuple(chain(recorded, far, raw))


def _is_dense_enough(line: Line) -> bool:
    """Of more than the last minutes a sample in a minute does."""
    return not line[1] or line[1] <= SHORT or line[1] % MINUTE == 0


def _is_compared(line: Line) -> bool:
    """Of earlier days and weeks the same hours are read; of the log's counts all."""
    sample, ago = line
    return sample.startswith(names.LOG_LINES) or ago is None or not HOUR < ago % DAY < DAY - 3 * HOUR
