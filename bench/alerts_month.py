"""A made-up month of incidents, small and large, on a service with a daily rhythm and noise."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from slostack.simulation import DAY, Incident, Scenario, Scraping, Span, Target, Traffic

DAYS = 30
INCIDENTS = 40
SHORTEST, LONGEST = 2 * 60.0, 7 * 3600.0
MILDEST, WORST = 0.002, 1.0
QUIET = 2 * 3600.0
"""At least this long is between two incidents."""
PODS = 2
SCRAPE_INTERVAL = 30
TRAFFIC = Traffic(per_second=20, daily_swing=0.6, error_ratio=0.0002, noise=0.7)
SPARSE_TRAFFIC = Traffic(per_second=10 / 3600, daily_swing=0.6, error_ratio=0.003)
"""Ten requests an hour, of which a few in a thousand fail: five a week."""
SPARSE_DAYS = 15
SPARSE_INCIDENTS = tuple(Incident(day * DAY + 12 * 3600, day * DAY + 18 * 3600, 1.0) for day in (5, 10))


def month(seed: int) -> Scenario:
    """Incidents of every length and severity (both log-uniform), one in each fortieth of the month."""
    draw = random.Random(seed)
    slot = DAYS * DAY / INCIDENTS
    incidents = tuple(_incident(draw, number * slot, (number + 1) * slot - QUIET) for number in range(INCIDENTS))
    return _service(TRAFFIC, incidents, DAYS, seed)


def sparse(seed: int) -> Scenario:
    """A service of few requests, which breaks twice for six hours; single requests fail at any time."""
    return _service(SPARSE_TRAFFIC, SPARSE_INCIDENTS, SPARSE_DAYS, seed)


def budget_spent(scenario: Scenario, incident: Incident, objective: float) -> float:
    """The share of a month's error budget that an incident spends."""
    traffic = scenario.targets[0].traffic
    failed = incident.error_ratio * _requests(traffic, incident.start, incident.end)
    return failed / ((1 - objective) * _requests(traffic, 0, scenario.length))


def _incident(draw: random.Random, earliest: float, latest_end: float) -> Incident:
    length = _log_uniform(draw, SHORTEST, LONGEST)
    start = draw.uniform(earliest, latest_end - length)
    return Incident(start, start + length, _log_uniform(draw, MILDEST, WORST))


def _log_uniform(draw: random.Random, low: float, high: float) -> float:
    return math.exp(draw.uniform(math.log(low), math.log(high)))


def _service(traffic: Traffic, incidents: tuple[Incident, ...], days: int, seed: int) -> Scenario:
    share = replace(traffic, per_second=traffic.per_second / PODS)
    targets = tuple(
        Target(
            labels={"job": "api", "instance": f"pod-{pod}"},
            traffic=share,
            life=Span(0, days * DAY),
            incidents=incidents,
            scraping=Scraping(interval=SCRAPE_INTERVAL, jitter=0.1),
        )
        for pod in range(PODS)
    )
    return Scenario(targets, days * DAY, seed)


def _requests(traffic: Traffic, start: float, end: float) -> float:
    """The expected requests of a time, by the rate at the middle of each minute of it."""
    steps = max(1, round((end - start) / 60))
    width = (end - start) / steps
    return sum(traffic.rate(start + (step + 0.5) * width) * width for step in range(steps))
