"""Other scrape intervals, restarts, pods and series that come and go: no error is lost, no page late."""

from __future__ import annotations

import pytest

from slostack.simulation import Scraping, Span
from tests.simulation.faults import HOUR, INCIDENTS, LENGTH, MINUTE, PODS, day, pod, pods

LIFE = 20 * MINUTE


@pytest.mark.parametrize("seconds", [15, 30, 60])
def test_scrape_intervals(seconds: int) -> None:
    day(pods(Scraping(interval=seconds)), scrape_interval=seconds).assert_as_good_as_raw()


def test_pods_restart_every_hour() -> None:
    restarts = [hour * HOUR + 7 * MINUTE for hour in range(round(LENGTH / HOUR))]
    day(pods(restarts=restarts)).assert_as_good_as_raw()


def test_pods_crash_every_two_minutes_during_incidents() -> None:
    """A counter that has grown past its old value since it began anew looks as if it had never been reset."""
    crashes = [
        each.start + 2 * MINUTE * count for each in INCIDENTS for count in range(round(each.length / 2 / MINUTE))
    ]
    day(pods(restarts=crashes)).assert_as_good_as_raw()


def test_pods_live_twenty_minutes() -> None:
    """Each pod is replaced, one after the other, by one with a name of its own."""
    lives = [
        (slot, number, Span(start, start + LIFE))
        for slot in range(PODS)
        for number in range(round(LENGTH / LIFE))
        for start in [(number + slot / PODS) * LIFE]
    ]
    day(tuple(pod(f"pod-{slot}-{number}", life=life) for slot, number, life in lives)).assert_as_good_as_raw()


def test_error_series_are_born_during_incidents() -> None:
    """Pods that have not failed once before an incident: their error series comes with it."""
    restarts = [each.start - 5 * MINUTE for each in INCIDENTS]
    day(pods(restarts=restarts)).assert_as_good_as_raw()


def test_error_series_are_there_from_the_start() -> None:
    day(pods(born_late=False)).assert_as_good_as_raw()
