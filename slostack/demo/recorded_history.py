"""A made-up, healthy month of the demo's SLOs, as their rules record them, for windows of more than an hour."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator

from slostack import names
from slostack.demo.traffic import PAYMENT, ROUTES, UPLOAD, daily_shape
from slostack.rules.budget import windows
from slostack.rules.ratio import RAW_WINDOW
from slostack.spec import Duration, EventRatio, LatencyRatio, Service, Slo

LENGTH = Duration(30 * 86400)
STEP = names.TIER_INTERVAL.seconds
GRAPHED = Duration(7 * 86400)
"""For how long ratios and burn rates, which only graphs of the past show, are there."""
USUAL_BURN = 0.4
BURN_SWING = 0.1
"""How far a week's best and worst day are from the usual burn rate."""

_PER_SECOND = {
    "http_requests_total": sum(route.per_second for route in ROUTES) + PAYMENT.per_second,
    "quiz_generation_duration_seconds_count": UPLOAD.per_second,
    "ai_generations_total": UPLOAD.per_second,
    "payments_total": PAYMENT.per_second,
}
"""What the demo's counters count in a second over the day's mean; each payment is a request and Paylink's webhook."""


def recorded_history(service: Service, now: float) -> Iterator[str]:
    """The history of a service's SLOs up to `now` (Unix time), as OpenMetrics lines."""
    series: dict[str, list[str]] = {}
    for slo in service.slos:
        identity = names.identity(service.service, slo.name)
        for name, time, value in _samples(slo, int(now)):
            series.setdefault(name, []).append(f"{name}{{{identity}}} {value:.9g} {time}\n")
    for name, lines in sorted(series.items()):
        yield f"# TYPE {name} gauge\n"
        yield from lines


def _samples(slo: Slo, now: int) -> Iterator[tuple[str, int, float]]:
    """Name, Unix time and value of every sample of an SLO; nothing where the demo doesn't count its events."""
    kind = slo.sli.kind
    if not isinstance(kind, EventRatio | LatencyRatio) or not isinstance(slo.window, Duration):
        return
    per_second = _PER_SECOND.get(kind.total.metric)
    if per_second is None:
        return
    counts_good = kind.good is not None
    ratios = {window: _Window(window) for window in windows(slo)}
    whole_events, whole_bad = _Rounding(), _Rounding()
    for time in range(now - LENGTH.seconds + STEP, now + 1, STEP):
        expected = per_second * STEP * daily_shape(time)
        events = whole_events.next(expected)
        bad = min(whole_bad.next(expected * _burn(time) * slo.budget), events)
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


def _burn(time: int) -> float:
    return USUAL_BURN + BURN_SWING * math.sin(2 * math.pi * time / (7 * 86400))


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
