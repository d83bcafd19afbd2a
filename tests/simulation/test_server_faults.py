"""A server that is down or misses evaluations: what was missed is made up for, no page late."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from slostack.simulation import SkippedEvaluations, Span
from tests.simulation.faults import LENGTH, MINUTE, NOTABLE, SLOW, day, pods


@pytest.mark.parametrize("minutes", [2, 20])
def test_the_server_is_down_before_a_page_is_due(minutes: int) -> None:
    starts = (NOTABLE.start + 15 * MINUTE, SLOW.start + 60 * MINUTE)
    down = tuple(Span(start, start + minutes * MINUTE) for start in starts)
    day(pods(), server_down=down).assert_as_good_as_raw()


@pytest.mark.parametrize("minutes", [2, 20])
def test_the_server_is_down_when_a_page_is_due(minutes: int) -> None:
    due = NOTABLE.start + 43 * MINUTE
    day(pods(), server_down=(Span(due - MINUTE, due + (minutes - 1) * MINUTE),)).assert_as_good_as_raw()


def test_half_of_all_evaluations_are_missed() -> None:
    """Every second one of each group, as when it takes longer than its interval: those that are left are a minute
    apart, which is two intervals."""
    skipped = (
        SkippedEvaluations("tier/.*", tuple(_every_second(5 * MINUTE))),
        SkippedEvaluations("slo/.*|raw/.*", tuple(_every_second(MINUTE / 2))),
    )
    day(pods(), skipped=skipped).assert_as_good_as_raw(count_within=0.1, evaluations=2)


def test_all_evaluations_are_missed_for_twelve_minutes() -> None:
    missed = Span(NOTABLE.start + 15 * MINUTE, NOTABLE.start + 27 * MINUTE)
    day(pods(), skipped=(SkippedEvaluations(".*", (missed,)),)).assert_as_good_as_raw()


def _every_second(interval: float) -> Iterator[Span]:
    return (Span(2 * number * interval, (2 * number + 1) * interval) for number in range(round(LENGTH / interval / 2)))
