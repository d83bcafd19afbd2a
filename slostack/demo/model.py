"""What a service of the demo is, as data: its requests, and what else its metrics tell on an ordinary day.

Series are written as they are exposed: `dependency_up{dependency="database"}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar, Protocol

from prometheus_client.core import Metric

from slostack.demo.conditions import Conditions, Lines
from slostack.demo.traffic import Failure, Outcome, Route

METRICS_PATH = "/metrics"
CRASH = "Crash"
"""The error type of what is logged after a crash."""


@dataclass(frozen=True)
class Durations:
    """A histogram of log-normal durations: its name, its bounds and the median in seconds, and the standard deviation
    of the logarithm."""

    name: str
    buckets: tuple[float, ...]
    median: float
    spread: float


@dataclass(frozen=True)
class Requests:
    """The requests of a service, the usual failures among them, and how they are counted: by method, route and status
    in a counter or not, and by the first of these labels in a histogram or not."""

    routes: tuple[Route, ...]
    client_errors: tuple[Failure, ...] = ()
    server_errors: tuple[Failure, ...] = ()
    statuses: tuple[str, ...] = ("200", "401", "404", "500", "503")
    counter: str | None = "http_requests_total"
    durations: Durations | None = None
    durations_by: tuple[str, ...] = ("method", "route")

    @property
    def per_second(self) -> float:
        """All requests over the day's mean."""
        return sum(route.per_second for route in self.routes)


@dataclass(frozen=True)
class Gauge:
    """A gauge: its usual value, the standard deviation around it, and the seconds in which it comes two thirds nearer
    to what it becomes; 0 is at once."""

    series: str
    value: float
    noise: float = 0.0
    lag: float = 0.0


@dataclass(frozen=True)
class Counter:
    """A counter of what happens so often a second over the day's mean, or of something that flows so fast."""

    series: str
    per_second: float = 0.0
    flows: bool = False


@dataclass(frozen=True)
class Observed:
    """A histogram of what happens so often a second over the day's mean."""

    durations: Durations
    per_second: float


@dataclass(frozen=True)
class Moment:
    """A gauge of the Unix time when something was last done that is done every so many seconds."""

    series: str
    every: float


@dataclass(frozen=True)
class Span:
    """A time that passes: until when (Unix time), how many seconds, under what, and whether chance failures happen."""

    until: float
    seconds: float
    conditions: Conditions
    chance: bool


@dataclass(frozen=True)
class Entry:
    """Something to log: its Unix time and what to say."""

    time: float
    what: Lines


class Part(Protocol):
    """A part of a service that is more than rates and levels."""

    per_second: ClassVar[Mapping[str, float]]
    """What its counters count in a second over the day's mean, by their name."""

    def start(self, now: float) -> None:
        """The process starts: what it holds in memory is gone."""

    def advance(self, span: Span, answered: dict[Outcome, int]) -> list[Entry]:
        """Lets time pass; sees the requests that were answered meanwhile, and may add some. Returns what to log."""

    def families(self) -> Iterator[Metric]:
        """Its metrics."""


@dataclass(frozen=True)
class Model:
    """One service."""

    service: str
    version: str
    requests: Requests
    gauges: tuple[Gauge, ...] = ()
    counters: tuple[Counter, ...] = ()
    observed: tuple[Observed, ...] = ()
    moments: tuple[Moment, ...] = ()
    parts: tuple[Callable[[Random], Part], ...] = ()
    elsewhere: Mapping[str, tuple[Gauge, ...]] = field(default_factory=dict)
    """Gauges that exporters of what it needs have, by their path: /<need>/metrics."""

    @property
    def usual_errors(self) -> tuple[str, ...]:
        """The error types that its log has now and then."""
        failures = self.requests.client_errors + self.requests.server_errors
        return (*(failure.error_type for failure in failures if failure.error_type), CRASH)

    @property
    def all_gauges(self) -> tuple[Gauge, ...]:
        """Its own gauges and those of the exporters."""
        return sum(self.elsewhere.values(), self.gauges)

    @property
    def per_second(self) -> Mapping[str, float]:
        """What its counters, by their name, count in a second over the day's mean."""
        counted: dict[str, float] = {}
        if self.requests.counter:
            counted[self.requests.counter] = self.requests.per_second
        if self.requests.durations:
            counted[f"{self.requests.durations.name}_count"] = self.requests.per_second
        for observed in self.observed:
            counted[f"{observed.durations.name}_count"] = observed.per_second
        for counter in self.counters:
            name = counter.series.partition("{")[0]
            counted[name] = counted.get(name, 0) + counter.per_second
        for part in self.parts:
            for name, rate in part(Random()).per_second.items():
                counted[name] = counted.get(name, 0) + rate
        return counted


INCIDENT = Gauge('incident_status_info{incident="2026-0017",status="investigating"}', 0)
"""An incident that may be opened."""


def process(*, memory: float, cpu: float) -> tuple[tuple[Gauge, ...], tuple[Counter, ...]]:
    """What every service's process tells of itself: the bytes of memory and the CPUs that it uses."""
    gauges = (
        Gauge("process_resident_memory_bytes", memory, noise=memory / 70, lag=120),
        Gauge("process_open_fds", 150, noise=4),
        Gauge("process_max_fds", 1024),
    )
    return gauges, (Counter("process_cpu_seconds_total", cpu, flows=True),)
