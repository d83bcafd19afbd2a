"""The scrapes of a scenario, in the order in which Prometheus sees them: a pure function of its data."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter

from slostack.simulation.scenario import Counters, Exposed, Gauge, Histogram, Scenario, Target, Traffic

NOISE_LASTS = 60.0
"""How long a target's share of always failing requests stays the same."""
COUNTED_ONE_BY_ONE = 30.0
"""A Poisson distribution of a greater mean is taken for a normal one."""

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scrape:
    """What one scrape of a target gave: a value per series of `exposed_series`, None where one isn't there.

    A failed scrape has no values. The last one of a target that vanished is `gone`.
    """

    target: int
    at: float
    seen: float
    values: tuple[float | None, ...] | None
    gone: bool = False


def exposed_series(target: Target) -> tuple[Labels, ...]:
    """The labels of every series that a target can expose, in the order of its scrapes' values."""
    return tuple({**target.labels, **labels} for exposed in target.exposes for labels in _series(exposed))


def scrapes(scenario: Scenario) -> Iterator[Scrape]:
    """All scrapes of a scenario in the order of `seen`."""
    each = (_target_scrapes(index, target, scenario) for index, target in enumerate(scenario.targets))
    return heapq.merge(*each, key=attrgetter("seen"))


def _target_scrapes(index: int, target: Target, scenario: Scenario) -> Iterator[Scrape]:
    draw = random.Random(f"{scenario.seed}/{index}")
    scraping = target.scraping
    requests = _Requests(target, draw)
    end = min(target.life.end, scenario.length)
    slot = draw.uniform(0, scraping.interval)
    first = slot + math.ceil((target.life.start - slot) / scraping.interval) * scraping.interval
    count = max(0, math.ceil((end - first) / scraping.interval))
    for number in range(count):
        at = first + number * scraping.interval + draw.uniform(0, scraping.jitter)
        failed = any(f.contains(at) and draw.random() < f.share for f in scraping.failures)
        requests.until(at)
        yield Scrape(index, at, at + scraping.duration, None if failed else requests.exposed(at))
    if count and target.life.end < scenario.length:
        gone = first + count * scraping.interval
        yield Scrape(index, gone, gone + 1.1 * scraping.interval, None, gone=True)


class _Requests:
    """What a target has counted since it started."""

    def __init__(self, target: Target, draw: random.Random) -> None:
        self.target = target
        self.draw = draw
        self.now = target.life.start
        self.good = self.bad = 0.0
        self.restarts = sorted(target.restarts)
        self.noise, self.noise_ends = 1.0, self.now

    def until(self, end: float) -> None:
        """Serves the requests up to a time."""
        while self.restarts and self.restarts[0] <= end:
            restart = self.restarts.pop(0)
            self._serve(restart)
            self.good = self.bad = 0.0
        self._serve(end)

    def _serve(self, end: float) -> None:
        start, traffic = self.now, self.target.traffic
        if end <= start:
            return
        if traffic.noise and end >= self.noise_ends:
            self.noise = self.draw.lognormvariate(-(traffic.noise**2) / 2, traffic.noise)
            self.noise_ends = end + NOISE_LASTS
        expected = traffic.rate((start + end) / 2)
        failing = sum(incident.error_ratio * incident.overlap(start, end) for incident in self.target.incidents)
        bad = expected * min(end - start, failing + traffic.error_ratio * self.noise * (end - start))
        self.bad += self._count(bad, traffic)
        self.good += self._count(expected * (end - start) - bad, traffic)
        self.now = end

    def _count(self, mean: float, traffic: Traffic) -> float:
        if traffic.exact:
            return mean
        if mean > COUNTED_ONE_BY_ONE:
            return max(0, round(self.draw.gauss(mean, math.sqrt(mean))))
        limit, product, count = math.exp(-mean), self.draw.random(), 0
        while product > limit:
            product *= self.draw.random()
            count += 1
        return count

    def exposed(self, at: float) -> tuple[float | None, ...]:
        """The values of the target's series now."""
        return tuple(value for exposed in self.target.exposes for value in self._values(exposed, at))

    def _values(self, exposed: Exposed, at: float) -> tuple[float | None, ...]:
        match exposed:
            case Counters():
                return self.good, None if exposed.bad_is_born_late and not self.bad else self.bad
            case Histogram():
                within = [
                    self.good * (exposed.fast <= bound) + self.bad * (exposed.slow <= bound) for bound in exposed.bounds
                ]
                total = self.good + self.bad
                return *within, total, total, self.good * exposed.fast + self.bad * exposed.slow
            case Gauge():
                ill = any(incident.contains(at) for incident in self.target.incidents)
                return (exposed.during_incidents if ill else exposed.normally,)


def _series(exposed: Exposed) -> tuple[Labels, ...]:
    match exposed:
        case Counters():
            return tuple({"__name__": exposed.name, **labels} for labels in (exposed.good, exposed.bad))
        case Histogram():
            bounds = [*(f"{bound:g}" for bound in exposed.bounds), "+Inf"]
            buckets = [{"__name__": f"{exposed.name}_bucket", "le": bound} for bound in bounds]
            return *buckets, {"__name__": f"{exposed.name}_count"}, {"__name__": f"{exposed.name}_sum"}
        case Gauge():
            return ({"__name__": exposed.name},)
