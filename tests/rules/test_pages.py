"""One page per trouble: errors in bursts, and incidents that follow each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tests.rules.playing import HOUR, MINUTE, play, slo_file

PAGING = 'count(ALERTS{alertname="ErrorBudgetBurn",alertstate="firing",severity="critical"})'
SLO = slo_file("sli: {events: {bad: bad_total, total: all_total}}")
STEP, RATE = 15, 100
"""Seconds between samples; requests per second."""
QUIET, BROKEN = 0, 50
"""Failing requests per second."""


def pages(failing: Sequence[tuple[int, float]]) -> list[tuple[int, int]]:
    """The beginning and the end of each page, in minutes after an hour of quiet; so many fail for so many seconds."""
    errors = [0.0]
    for seconds, rate in ((HOUR, QUIET), *failing):
        last = errors[-1]
        errors += [last + rate * STEP * (step + 1) for step in range(seconds // STEP)]
    series = {"bad_total": " ".join(f"{count:g}" for count in errors), "all_total": f"0+{RATE * STEP}x{len(errors)}"}
    evaluations = range(HOUR, STEP * len(errors), 30)
    played = play(SLO, series, {PAGING: evaluations}, step=STEP)
    firing = [False, *(bool(played.value(PAGING, at)) for at in evaluations), False]
    times = (*evaluations, evaluations[-1] + 30)
    changes = [(at - HOUR) // MINUTE for at, (was, fires) in zip(times, pairwise(firing), strict=True) if was != fires]
    return list(zip(changes[::2], changes[1::2], strict=True))


def test_an_incident_is_one_page_that_ends_in_minutes() -> None:
    [(start, end)] = pages([(20 * MINUTE, BROKEN), (HOUR, QUIET)])
    assert start <= 2
    assert 20 <= end <= 23


def test_errors_in_bursts_page_twice_and_that_lasts_until_half_an_hour_is_quiet() -> None:
    first, second = pages([(2 * MINUTE, BROKEN), (8 * MINUTE, QUIET)] * 12 + [(HOUR, QUIET)])
    assert first[1] <= 5
    assert 10 <= second[0] <= 12
    assert 110 + 2 + 28 <= second[1] <= 110 + 2 + 31


def test_an_incident_hours_later_ends_in_minutes_again() -> None:
    incident = [(10 * MINUTE, BROKEN), (80 * MINUTE, QUIET)]
    first, second = pages(incident * 2)
    assert [end - start <= 13 for start, end in (first, second)] == [True, True]
    assert second[0] - 90 <= 2
