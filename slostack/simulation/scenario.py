"""What is simulated: targets, the requests that they serve, how they are scraped, and what goes wrong.

All times are seconds since the scenario's start.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

START = 1_800_000_000
"""The Unix time at which every scenario starts."""
DAY = 86_400.0


@dataclass(frozen=True)
class Span:
    """A time from `start` to before `end`."""

    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start

    def contains(self, at: float) -> bool:
        return self.start <= at < self.end

    def overlap(self, start: float, end: float) -> float:
        """How many seconds of another span are in this one."""
        return max(0.0, min(self.end, end) - max(self.start, start))


@dataclass(frozen=True)
class Incident(Span):
    """A time in which a share of requests fails, besides those that always do."""

    error_ratio: float


@dataclass(frozen=True)
class Traffic:
    """Requests per second, which swing by a share of their mean over a day (lowest at its start); a share of them
    fails always. That share wanders from minute to minute by `noise`, the sigma of a log-normal factor of mean 1.
    Counts are drawn at random (Poisson), unless `exact`.
    """

    per_second: float
    daily_swing: float = 0.0
    error_ratio: float = 0.0
    noise: float = 0.0
    exact: bool = False

    def rate(self, at: float) -> float:
        """The expected requests per second at a time."""
        return self.per_second * (1 - self.daily_swing * math.cos(2 * math.pi * at / DAY))


@dataclass(frozen=True)
class Counters:
    """A counter of all requests by outcome. The series of failures is born with the first one, as most clients do
    it, or is there from the start."""

    name: str = "http_requests_total"
    good: Mapping[str, str] = field(default_factory=lambda: {"code": "200"})
    bad: Mapping[str, str] = field(default_factory=lambda: {"code": "500"})
    bad_is_born_late: bool = True


@dataclass(frozen=True)
class Histogram:
    """A classic histogram of the requests' durations: good ones take `fast` seconds, others `slow` seconds."""

    name: str = "http_request_duration_seconds"
    bounds: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0)
    fast: float = 0.05
    slow: float = 2.0


@dataclass(frozen=True)
class Gauge:
    """A gauge that has one value normally and another during incidents."""

    name: str
    normally: float = 1.0
    during_incidents: float = 0.0


Exposed = Counters | Histogram | Gauge


@dataclass(frozen=True)
class ScrapeFailures(Span):
    """A time in which a share of a target's scrapes fails, at random."""

    share: float


@dataclass(frozen=True)
class Scraping:
    """How a target is scraped: a scrape's samples are stamped with its start, and seen when it ends, `duration`
    later. Each scrape starts up to `jitter` late."""

    interval: float = 15.0
    duration: float = 0.05
    jitter: float = 0.0
    failures: tuple[ScrapeFailures, ...] = ()


@dataclass(frozen=True)
class Target:
    """A pod: what it serves and exposes, while it lives. At a restart its counters begin anew from nothing."""

    labels: Mapping[str, str]
    traffic: Traffic
    life: Span
    incidents: tuple[Incident, ...] = ()
    restarts: tuple[float, ...] = ()
    exposes: tuple[Exposed, ...] = (Counters(),)
    scraping: Scraping = Scraping()


@dataclass(frozen=True)
class SkippedEvaluations:
    """Evaluations that are missed: of the groups whose whole name matches a regular expression (RE2)."""

    groups: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Scenario:
    """What a Prometheus sees in `length` seconds; while the server is down it neither scrapes nor evaluates."""

    targets: tuple[Target, ...]
    length: float
    seed: int = 0
    server_down: tuple[Span, ...] = ()
    skipped: tuple[SkippedEvaluations, ...] = ()


@dataclass(frozen=True)
class Query:
    """An expression that is asked at some times."""

    expr: str
    at: Sequence[float]
