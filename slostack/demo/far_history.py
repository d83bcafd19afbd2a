"""A made-up, healthy past of what is compared with earlier days and weeks, and of the usual errors in logs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import accumulate, repeat
from random import Random

from slostack import names
from slostack.demo.conditions import ORDINARY
from slostack.demo.metrics import families
from slostack.demo.model import Model
from slostack.demo.openmetrics import line
from slostack.demo.raw_history import LENGTH
from slostack.demo.simulation import Simulation
from slostack.demo.traffic import daily_shape
from slostack.settings import WatchedService
from slostack.spec import Duration, Service

STEP = 240
"""Seconds: two are within ten minutes, one is within the five in which a value is current."""
LOG_LENGTH, LOG_STEP = 7 * 86400, 3600
_COMPARED = re.compile(r"(\w+)\{[^{}]*\}(?:\[(\w+)\])? offset (\w+)")
_LITTLE = 0.01
"""Series with a smaller share of what a metric counts are left out."""


def far_history(service: Service, model: Model, watched: WatchedService, now: float) -> Iterator[str]:
    """What there was before the hour that ends at `now` (Unix time), as OpenMetrics lines in order of time."""
    yield from _metrics(service, model, watched, int(now) - LENGTH.seconds)
    yield from _logs(service, model, int(now) - LOG_STEP)


def _metrics(service: Service, model: Model, watched: WatchedService, until: int) -> Iterator[str]:
    target = {"job": service.scrape[0].job, "instance": watched.targets[0]}
    growing = _growing(model)
    for name, length in compared(service).items():
        total = sum(rate for (metric, _), (_, rate) in growing.items() if metric == name)
        times = range(until - length, until, STEP)
        for (metric, labels), (level, rate) in growing.items():
            if metric != name or rate < total * _LITTLE:
                continue
            values = accumulate(rate * STEP * daily_shape(time) for time in times) if rate else repeat(level)
            series = {**dict(labels), **target}
            yield from (line(name, series, value, time) for time, value in zip(times, values, strict=False))


def compared(service: Service) -> Mapping[str, int]:
    """The metrics that alerts and graphs compare with at least a day before, and how far they look back in seconds."""
    expressions = [str(alert.expr) for alert in service.alerts]
    expressions += [str(each.expr) for panel in service.panels for each in panel.lines]
    found: dict[str, int] = {}
    for name, window, offset in (match for expr in expressions for match in _COMPARED.findall(expr)):
        back = Duration.parse(offset).seconds
        if back >= 86400 and ":" not in name:
            found[name] = max(
                found.get(name, 0), back + (Duration.parse(window).seconds if window else 0) + LENGTH.seconds
            )
    return found


def _growing(model: Model) -> Mapping[tuple[str, tuple[tuple[str, str], ...]], tuple[float, float]]:
    """By series its value, and what it grows by in a second over the day's mean, as an hour of its life tells."""
    hour = 3600
    start = 10 * 86400
    simulation = Simulation(model, Random(0), start)
    shape = 0.0
    for time in range(start + 60, start + hour + 1, 60):
        simulation.advance(time, ORDINARY)
        shape += 60 * daily_shape(time)
    found = {}
    for family in families(simulation):
        for sample in family.samples:
            grows = family.type in ("counter", "histogram")
            found[sample.name, tuple(sample.labels.items())] = (sample.value, sample.value / shape if grows else 0.0)
    return found


def _logs(service: Service, model: Model, until: int) -> Iterator[str]:
    """One line of each usual error in an hour."""
    for count in service.log_counts:
        for error_type in model.usual_errors if count.by == ("error_type",) else ():
            labels = {names.SERVICE: service.service, names.COUNT: count.name, "error_type": error_type}
            for time in range(until - LOG_LENGTH, until, LOG_STEP):
                yield line(names.LOG_LINES, labels, 1, time)
