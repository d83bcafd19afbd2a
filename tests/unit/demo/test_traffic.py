"""Requests: how many, when, and how they end."""

from __future__ import annotations

from random import Random
from statistics import fmean, pvariance

import pytest

from slostack.demo.scenarios import MODELS
from slostack.demo.traffic import BUSIEST_HOUR, SWING, Failure, Route, daily_shape, poisson, requests

HOUR = 3600
ROUTES = MODELS["learnsnap"].requests.routes


@pytest.mark.parametrize("mean", [0.0, 0.3, 4.0, 40.0, 80.0])
def test_poisson_has_the_mean_and_the_variance_of_its_name(mean: float) -> None:
    random = Random(1)
    counts = [poisson(random, mean) for _ in range(4000)]
    assert fmean(counts) == pytest.approx(mean, rel=0.05)
    assert pvariance(counts) == pytest.approx(mean, rel=0.12)


def test_traffic_has_a_daily_shape_around_its_mean() -> None:
    day = [daily_shape(minute * 60) for minute in range(24 * 60)]
    assert fmean(day) == pytest.approx(1)
    assert max(day) == daily_shape(BUSIEST_HOUR * HOUR) == pytest.approx(1 + SWING)
    assert min(day) == daily_shape((BUSIEST_HOUR - 12) * HOUR) == pytest.approx(1 - SWING)
    assert daily_shape(5) == daily_shape(5 + 24 * HOUR)


def test_so_many_requests_come_at_any_hour_that_two_minutes_tell_the_end_of_an_incident() -> None:
    random, minutes = Random(1), range(24 * 60)
    counts = [sum(requests(random, ROUTES, 60 * daily_shape(minute * 60), ()).values()) for minute in minutes]
    assert 20 < fmean(counts) / 60 < 40
    assert min(counts) / 60 > 14


def test_failures_take_their_share_of_every_route() -> None:
    outcomes = requests(Random(1), ROUTES, 100_000, [Failure("503", "Timeout", 0.1)])
    for route in ROUTES:
        if route.per_second:
            failed = sum(
                n for o, n in outcomes.items() if o.path == route.path and o.method == route.method and o.error_type
            )
            all_of_it = sum(n for o, n in outcomes.items() if o.path == route.path and o.method == route.method)
            assert failed / all_of_it == pytest.approx(0.1, abs=0.01)
    assert {o.error_type for o in outcomes if o.status == "503"} == {"Timeout"}


def test_failures_that_add_up_to_more_than_all_leave_no_success() -> None:
    outcomes = requests(Random(1), ROUTES, 1000, [Failure("500", "A", 0.7), Failure("503", "B", 0.7)])
    assert all(outcome.error_type for outcome in outcomes)


def test_a_failure_of_a_route_is_that_of_no_other() -> None:
    routes = (Route("GET", "/a", 10), Route("POST", "/b", 10))
    outcomes = requests(Random(1), routes, 1000, [Failure("500", "A", 0.5, path="/b")])
    assert {outcome.path for outcome in outcomes if outcome.error_type} == {"/b"}


def test_the_same_seed_gives_the_same_requests() -> None:
    assert requests(Random(3), ROUTES, 60, ()) == requests(Random(3), ROUTES, 60, ())
    assert requests(Random(3), ROUTES, 60, ()) != requests(Random(4), ROUTES, 60, ())
