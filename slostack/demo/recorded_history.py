"""A made-up month of the demo's SLOs, healthy but for an incident long over, as their rules record them, for windows
of more than an hour."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from slostack import names
from slostack.demo.model import Model
from slostack.demo.traffic import daily_shape
from slostack.rules.budget import windows
from slostack.rules.ratio import RAW_WINDOW
from slostack.spec import Duration, EventRatio, LatencyRatio, Service, Slo, TimeSlices, Uptime

LENGTH = Duration(30 * 86400)
STEP = names.TIER_INTERVAL.seconds
GRAPHED = Duration(7 * 86400)
"""For how long ratios and burn rates, which only graphs of the past show, are there."""
USUAL_BURN = 0.4
"""In the last days, which windows that alert reach into; before, each SLO has one of its own."""
BURN_SWING = 0.1
"""How far a week's best and worst day are from the usual burn rate."""
_RECENT_DAYS = 11
_EARLIER_BURN = (0.1, 0.6)
_INCIDENT_DAYS = (21, 28)
"""How long ago a service's incident was."""
_LONGEST_INCIDENT = 4 * 3600
_SPENT = (0.1, 0.3)
"""What it took of the budget of an SLO that it hit."""
_MOST_FAILING = 0.5
_MOST_BURN = 100


@dataclass(frozen=True)
class _Events:
    """What an SLO counts: how many a second over the day's mean, whether more by day than by night, and whether some
    are bad: among so few as slices of time, one would look like many."""

    per_second: float
    daily: bool = True
    burns: bool = True


@dataclass(frozen=True)
class _Past:
    """The burn rates of an SLO's month: by day as usual, and in an incident, of which this says when it was (seconds
    before now)."""

    earlier: float
    incident: range
    burn: float

    def at(self, ago: int, time: int) -> float:
        swing = BURN_SWING * math.sin(2 * math.pi * time / (7 * 86400))
        usual = USUAL_BURN if ago < _RECENT_DAYS * 86400 else self.earlier
        return max(usual + swing, 0) + (self.burn if ago in self.incident else 0)


def _past(service: str, slo: Slo) -> _Past:
    """An SLO's own past, always the same: of a service's incident some have a share."""
    began = Random(service).randrange(*(day * 86400 for day in _INCIDENT_DAYS))
    own = Random(f"{service}/{slo.name}")
    earlier, is_hit, spent = own.uniform(*_EARLIER_BURN), own.random() < 0.5, own.uniform(*_SPENT)
    burn = min(_MOST_FAILING / slo.budget, _MOST_BURN)
    length = min(round(spent * LENGTH.seconds / burn), _LONGEST_INCIDENT) if is_hit else 0
    return _Past(earlier, range(began - length, began), burn)


def recorded_history(service: Service, model: Model, now: float) -> Iterator[str]:
    """The history of a service's SLOs up to `now` (Unix time), as OpenMetrics lines."""
    series: dict[str, list[str]] = {}
    for slo in service.slos:
        identity = names.identity(service.service, slo.name)
        for name, time, value in _samples(slo, model.per_second, int(now), _past(service.service, slo)):
            series.setdefault(name, []).append(f"{name}{{{identity}}} {value:.9g} {time}\n")
    for name, lines in sorted(series.items()):
        yield f"# TYPE {name} gauge\n"
        yield from lines


def _samples(slo: Slo, counted: Mapping[str, float], now: int, past: _Past) -> Iterator[tuple[str, int, float]]:
    """Name, Unix time and value of every sample of an SLO; nothing where the demo doesn't count its events."""
    of = _events(slo, counted)
    if of is None or not isinstance(slo.window, Duration):
        return
    counts_good = isinstance(slo.sli.kind, EventRatio | LatencyRatio) and slo.sli.kind.good is not None
    ratios = {window: _Window(window) for window in windows(slo)}
    whole_events, whole_bad = _Rounding(), _Rounding()
    for time in range(now - LENGTH.seconds + STEP, now + 1, STEP):
        expected = of.per_second * STEP * (daily_shape(time) if of.daily else 1)
        events = whole_events.next(expected)
        bad = min(whole_bad.next(expected * past.at(now - time, time) * slo.budget), events) if of.burns else 0
        yield names.EVENTS, time, events
        yield names.BAD_EVENTS, time, bad
        if counts_good:
            yield names.GOOD_EVENTS, time, events - bad
        for window, ratio in ratios.items():
            ratio.add(bad, events)
            if time > now - GRAPHED.seconds:
                yield names.error_ratio(window), time, ratio.value
                yield names.burn_rate(window), time, ratio.value / slo.budget
            if time == now and window > RAW_WINDOW:
                yield names.tier(names.error_ratio(window)), time, ratio.value
        budget = ratios[slo.window]
        left = 1 - budget.value / slo.budget * min(budget.length * STEP / slo.window.seconds, 1)
        yield names.BUDGET_REMAINING, time, left
        if time == now:
            yield names.tier(names.BUDGET_REMAINING), time, left
        yield names.OBJECTIVE, time, slo.objective / 100


def _events(slo: Slo, counted: Mapping[str, float]) -> _Events | None:
    """What an SLO counts; None where the demo has nothing of it."""
    match slo.sli.kind:
        case EventRatio() | LatencyRatio() as kind:
            return _Events(counted[kind.total.metric]) if kind.total.metric in counted else None
        case Uptime():
            return _Events(1, daily=False)  # a second
        case TimeSlices() as slices:
            return _Events(1 / slices.length.seconds, daily=False, burns=False)
    return None


class _Rounding:
    """Whole numbers that add up to what was expected."""

    def __init__(self) -> None:
        self._carried = 0.5

    def next(self, expected: float) -> int:
        self._carried += expected
        whole = math.floor(self._carried)
        self._carried -= whole
        return whole


class _Window:
    """The share of bad events over a window that moves from step to step."""

    def __init__(self, window: Duration) -> None:
        self._counts: deque[tuple[int, int]] = deque()
        self._most = max(window.seconds // STEP, 1)
        self._bad = self._events = 0

    def add(self, bad: int, events: int) -> None:
        self._counts.append((bad, events))
        self._bad += bad
        self._events += events
        if len(self._counts) > self._most:
            old_bad, old_events = self._counts.popleft()
            self._bad -= old_bad
            self._events -= old_events

    @property
    def length(self) -> int:
        return len(self._counts)

    @property
    def value(self) -> float:
        return self._bad / self._events if self._events else 0.0
