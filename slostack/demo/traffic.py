"""LearnSnap's requests: an open loop of independent users with a daily rhythm."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from slostack.demo.conditions import Failure

SWING = 0.35
"""How far the busiest and the quietest hour are from the mean, as a share of it."""
BUSIEST_HOUR = 17
"""UTC."""
STATUSES = ("200", "401", "404", "500", "503")


@dataclass(frozen=True)
class Route:
    """A route and how often it is asked for, in requests a second over the day's mean."""

    method: str
    path: str
    per_second: float


UPLOAD = Route("POST", "/api/quizzes", 0.1)
PAYMENT = Route("POST", "/api/payments", 1 / 6)
WEBHOOK = Route("POST", "/api/webhooks/paylink", 0.0)
"""Asked for by Paylink, once per completed payment."""
ROUTES = (
    Route("GET", "/api/quizzes", 9.6),
    Route("GET", "/api/quizzes/:id", 7.4),
    Route("POST", "/api/quizzes/:id/answers", 6.2),
    Route("GET", "/api/me", 2.8),
    Route("POST", "/api/login", 1.4),
    UPLOAD,
    PAYMENT,
    WEBHOOK,
)
CLIENT_ERRORS = (Failure("401", "Unauthorized", 0.004), Failure("404", "NotFound", 0.006))
SERVER_ERRORS = (Failure("500", "UpstreamTimeout", 0.00025),)
"""The usual, a quarter of the error budget."""


class Outcome(NamedTuple):
    """How a request ended; no error type where it succeeded."""

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


def requests(random: Random, now: float, seconds: float, failures: Iterable[Failure]) -> dict[Outcome, int]:
    """How many requests ended how in the seconds before `now`. Failures are shares of every route's requests."""
    failures = tuple(failures)
    succeeding = max(0.0, 1 - sum(failure.share for failure in failures))
    counts: dict[Outcome, int] = {}
    for route in ROUTES:
        mean = route.per_second * daily_shape(now) * seconds
        counts[Outcome(route.method, route.path, "200")] = poisson(random, mean * succeeding)
        for failure in failures:
            outcome = Outcome(route.method, route.path, failure.status, failure.error_type)
            counts[outcome] = poisson(random, mean * failure.share)
    return {outcome: count for outcome, count in counts.items() if count}
