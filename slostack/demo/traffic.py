"""Requests: an open loop of independent users with a daily rhythm."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

SWING = 0.35
"""How far the busiest and the quietest hour are from the mean, as a share of it."""
BUSIEST_HOUR = 17
"""UTC."""


@dataclass(frozen=True)
class Route:
    """A route and how often it is asked for, in requests a second over the day's mean."""

    method: str
    path: str
    per_second: float


@dataclass(frozen=True)
class Failure:
    """A way in which requests fail: the HTTP status, the error type in the logs (None: it is no error of the service),
    the share of requests, 0 to 1, and the path of the route; None is every route."""

    status: str
    error_type: str | None
    share: float
    path: str | None = None


class Outcome(NamedTuple):
    """How a request ended; no error type where nothing went wrong."""

    method: str
    path: str
    status: str
    error_type: str | None = None


def daily_shape(now: float) -> float:
    """Traffic at a Unix time as a multiple of the day's mean."""
    hours = now / 3600 % 24
    return 1 + SWING * math.cos(2 * math.pi * (hours - BUSIEST_HOUR) / 24)


def poisson(random: Random, mean: float) -> int:
    """A Poisson-distributed count; a rounded normal one for large means."""
    if mean > 50:
        return max(0, round(random.gauss(mean, math.sqrt(mean))))
    count, left = 0, math.exp(-mean)
    product = random.random()
    while product > left:
        count += 1
        product *= random.random()
    return count


def requests(
    random: Random, routes: Iterable[Route], mean_seconds: float, failures: Iterable[Failure]
) -> dict[Outcome, int]:
    """How many requests ended how in a time that is worth so many seconds of the day's mean."""
    failures = tuple(failures)
    counts: dict[Outcome, int] = {}
    for route in routes:
        mean = route.per_second * mean_seconds
        of_route = [failure for failure in failures if failure.path in (None, route.path)]
        succeeding = max(0.0, 1 - sum(failure.share for failure in of_route))
        counts[Outcome(route.method, route.path, "200")] = poisson(random, mean * succeeding)
        for failure in of_route:
            outcome = Outcome(route.method, route.path, failure.status, failure.error_type)
            counts[outcome] = counts.get(outcome, 0) + poisson(random, mean * failure.share)
    return {outcome: count for outcome, count in counts.items() if count}
