"""A service as its metrics show it: counters and gauges that time moves."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from slostack.demo.conditions import ORDINARY, Conditions
from slostack.demo.model import Durations, Entry, Model, Span
from slostack.demo.traffic import Failure, Outcome, daily_shape, poisson, requests

QUIET_START = 3600.0
"""Seconds after a start without the usual failures: among the few events counted so far, two would look like many."""

_LONGEST_STEP = 60.0
_WARM_UP = 30.0
"""Seconds after a crash while more requests fail."""


class Histogram:
    """Durations by bucket, the last one without a bound."""

    def __init__(self, durations: Durations) -> None:
        self.durations = durations
        self.counts = [0] * (len(durations.buckets) + 1)
        self.sum = 0.0

    def draw(self, random: Random, count: int, slower: float) -> None:
        """Takes so many durations at random, each so many times longer than usual."""
        mu = math.log(self.durations.median * slower)
        for _ in range(count):
            self.add(random.lognormvariate(mu, self.durations.spread))

    def add(self, seconds: float) -> None:
        """Takes one."""
        self.counts[bisect_left(self.durations.buckets, seconds)] += 1
        self.sum += seconds


@dataclass(frozen=True)
class Step:
    """What happened between two times, for the log."""

    now: float
    requests: Mapping[Outcome, int]
    entries: tuple[Entry, ...] = ()
    crashed: bool = False


class Simulation:
    """A simulated service. The same seed and the same calls give the same numbers."""

    def __init__(self, model: Model, random: Random, now: float) -> None:
        self.model = model
        self._random = random
        self._now = now
        self.conditions = ORDINARY
        self.parts = tuple(part(random) for part in model.parts)
        self.moments: dict[str, float] = {}
        self._done: dict[str, float] = {}
        """By series the time when something was last done that isn't done any more."""
        self._keep_time(now)
        self._start(now)

    def _start(self, now: float) -> None:
        """Starts the process: what it holds in memory is gone."""
        of = self.model.requests
        self.started = now
        self.requests = {(route.method, route.path, status): 0 for route in of.routes for status in of.statuses}
        self.durations = {}
        if of.durations:
            places = (labels[: len(of.durations_by)] for labels in self.requests)
            self.durations = {labels: Histogram(of.durations) for labels in places}
        self.observed = [Histogram(each.durations) for each in self.model.observed]
        self.counters = {counter.series: 0.0 for counter in self.model.counters}
        self._levels = {gauge.series: gauge.value for gauge in self.model.all_gauges}
        self.gauges = dict(self._levels)
        for part in self.parts:
            part.start(now)

    @property
    def version(self) -> str:
        """The version that runs."""
        return self.conditions.version or self.model.version

    def advance(self, now: float, conditions: Conditions) -> Step:
        """Lets the time until `now` pass, at most a minute of it: after a longer pause traffic isn't made up."""
        seconds = min(max(now - self._now, 0.0), _LONGEST_STEP)
        self._now = max(now, self._now)
        before, self.conditions = self.conditions, conditions
        self._keep_time(now)
        if not conditions.answers:
            return Step(now, {})
        crashes = conditions.seconds_between_crashes
        crashed = not before.answers or (crashes is not None and now - self.started >= crashes)
        if crashed or conditions.version != before.version:
            self._start(now)
        span = Span(now, seconds, conditions, now - self.started >= QUIET_START)
        answered, entries = self._answer(span), self._log(span)
        for part in self.parts:
            entries += part.advance(span, answered)
        self._count(span, answered)
        self._move_gauges(seconds)
        return Step(now, answered, tuple(entries), crashed)

    def _answer(self, span: Span) -> dict[Outcome, int]:
        of, conditions = self.model.requests, span.conditions
        failures: tuple[Failure, ...] = of.client_errors + conditions.failures
        if span.chance:
            failures += of.server_errors
        if conditions.seconds_between_crashes is not None and span.until - self.started < _WARM_UP:
            failures += conditions.failures_after_crash
        worth = span.seconds * daily_shape(span.until) * conditions.traffic
        return requests(self._random, of.routes, worth, failures)

    def _count(self, span: Span, answered: Mapping[Outcome, int]) -> None:
        slower = span.conditions.slower
        for outcome, count in answered.items():
            labels = outcome[:3]
            self.requests[labels] += count
            if of := self.model.requests.durations:
                histogram = self.durations[labels[: len(self.model.requests.durations_by)]]
                histogram.draw(self._random, count, slower.get(of.name, 1.0))
        usual = span.seconds * daily_shape(span.until)
        for observed, histogram in zip(self.model.observed, self.observed, strict=True):
            count = poisson(self._random, observed.per_second * usual * span.conditions.traffic)
            histogram.draw(self._random, count, slower.get(observed.durations.name, 1.0))
        for counter in self.model.counters:
            mean = counter.per_second * usual + span.conditions.counted.get(counter.series, 0.0) * span.seconds
            self.counters[counter.series] += max(mean, 0.0) if counter.flows else poisson(self._random, max(mean, 0.0))

    def _log(self, span: Span) -> list[Entry]:
        """What the conditions have to log, at random times."""
        return [
            Entry(span.until - self._random.random() * span.seconds, lines)
            for lines in span.conditions.logged
            for _ in range(poisson(self._random, lines.per_second * span.seconds))
        ]

    def _move_gauges(self, seconds: float) -> None:
        for gauge in self.model.all_gauges:
            aim = self.conditions.gauges.get(gauge.series, gauge.value)
            share = -math.expm1(-seconds / gauge.lag) if gauge.lag else 1.0
            level = self._levels[gauge.series] + (aim - self._levels[gauge.series]) * share
            self._levels[gauge.series] = level
            self.gauges[gauge.series] = round(level + self._random.gauss(0, gauge.noise)) if gauge.noise else level

    def _keep_time(self, now: float) -> None:
        """Says when what is done regularly was last done."""
        ago = self.conditions.ago
        self._done = {series: self._done.get(series, now - seconds) for series, seconds in ago.items()}
        for moment in self.model.moments:
            self.moments[moment.series] = self._done.get(moment.series, now // moment.every * moment.every)
