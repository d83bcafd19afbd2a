"""Scrapes that fail, are slow or come at odd times: no error is lost, no page late."""

from __future__ import annotations

from slostack.simulation import ScrapeFailures, Scraping
from tests.simulation.faults import INCIDENTS, LENGTH, PODS, day, pod, pods


def test_a_tenth_of_all_scrapes_fails() -> None:
    failing = Scraping(failures=(ScrapeFailures(0, LENGTH, 0.1),))
    day(pods(failing)).assert_as_good_as_raw()


def test_the_pod_that_fails_misses_half_its_scrapes() -> None:
    ill = Scraping(failures=tuple(ScrapeFailures(each.start, each.end, 0.5) for each in INCIDENTS))
    # All errors are the ill pod's: four times the share, where it doesn't fail every request already.
    incidents = tuple(type(each)(each.start, each.end, min(1.0, PODS * each.error_ratio)) for each in INCIDENTS)
    healthy = (pod(f"pod-{number}", incidents=()) for number in range(1, PODS))
    day((pod("pod-0", scraping=ill, incidents=incidents), *healthy)).assert_as_good_as_raw()


def test_all_pods_miss_most_scrapes_during_incidents() -> None:
    failing = Scraping(failures=tuple(ScrapeFailures(each.start, each.end, 0.7) for each in INCIDENTS))
    day(pods(failing)).assert_as_good_as_raw()


def test_scrapes_take_long_and_span_evaluations() -> None:
    """What is counted before the last scrape has ended is missing by 4 % of all errors."""
    day(pods(Scraping(duration=9.5))).assert_as_good_as_raw(count_within=0.01)


def test_scrapes_jitter() -> None:
    day(pods(Scraping(jitter=5.0, duration=2.0))).assert_as_good_as_raw()
