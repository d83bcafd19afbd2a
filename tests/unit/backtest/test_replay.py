"""Rules that the comparison with Prometheus' own code doesn't reach: few failures, slow ends, new periods."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from slostack.backtest import Outcome
from slostack.backtest.budget import remaining
from slostack.backtest.history import Floats, History, last_over, sum_over
from slostack.backtest.replay import replay
from slostack.backtest.subjects import Version
from slostack.rules.uncounted import counted_span
from slostack.spec.alerting import Alerting, Spent
from slostack.spec.maintenance import Maintenance
from slostack.spec.windows import CALENDARS
from tests.unit.backtest.made_up import HOUR, START, STEP, history, version, window

DAY = 24 * HOUR


def outcome(of: Version, past: History) -> Outcome:
    return replay(of.service, of.slo, [past], START, int(past.evaluated[-1]))


def failing(share: float, per_evaluation: float = 600.0, lasts: int = 20) -> tuple[Floats, Floats]:
    """Events of a day, of which a share fails for some evaluations in the middle."""
    events, bad = np.full(DAY, per_evaluation), np.zeros(DAY)
    bad[DAY // 2 : DAY // 2 + lasts] = share * per_evaluation
    return events, bad


def test_fewer_failures_than_a_tier_needs_do_not_fire() -> None:
    """Five are needed: of one event a minute, four fail, or seven."""
    of = version()
    assert not outcome(of, history(of, *failing(1.0, 0.5, 8))).pages
    assert outcome(of, history(of, *failing(1.0, 0.5, 14))).pages


def test_failures_while_a_window_reaches_into_maintenance_are_those_that_were_counted() -> None:
    """Its counts leave maintenance out, the rate of all events doesn't."""
    begins = datetime.fromtimestamp(START / 1000, UTC).hour + 12
    of = version(maintenance=(Maintenance(cron=f"0 {begins % 24} * * *", duration=window("20m")),))
    past = history(of, *failing(1.0, lasts=39))
    few = History((), past.evaluated, past.ratios, past.rates, past.counted, np.minimum(past.bad, 0.1), past.events)
    assert outcome(of, past).pages
    assert not outcome(of, few).pages


def test_single_failures_fire_where_one_is_enough() -> None:
    of = version(alerting=Alerting(least_failures=1))
    assert outcome(of, history(of, *failing(1.0, 0.5, 2))).pages


def test_two_minutes_that_see_half_of_the_traffic_do_not_end_a_page() -> None:
    """Those of an ill instance may fail; the five minutes tell then."""
    of = version()
    past = history(of, *failing(0.5, 6000))
    two, five = window("2m"), window("5m")
    half = {**past.rates, two: np.where(past.ratios[five] > 0, past.rates[two] / 2, past.rates[two])}
    seen = History((), past.evaluated, past.ratios, half, past.counted, past.bad, past.events)
    (page,), (longer,) = outcome(of, past).pages, outcome(of, seen).pages
    assert (page.start, longer.start) == (page.start, page.start)
    assert longer.end - page.end == 180


def test_a_spent_budget_alerts() -> None:
    of = version(alerting=Alerting(spent=Spent(share=10.0, severity="low")))
    (fired,) = [each for each in outcome(of, history(of, *failing(1.0, lasts=40))).firings if not each.tier]
    assert (fired.alert, fired.severity, fired.is_page, fired.end) == ("ErrorBudgetSpent", "low", False, None)


def test_a_new_period_has_its_whole_budget() -> None:
    """Three days from a Friday on, with errors on Saturday; the week begins on Monday."""
    of = version(window=CALENDARS["week"])
    events, bad = np.full(4 * DAY, 600.0), np.zeros(4 * DAY)
    bad[DAY : DAY + 60] = 600
    past = history(of, events, bad)
    left = remaining(of.slo, past)
    monday = START + 64 * 3600 * 1000
    before, after = np.searchsorted(past.counted, [monday - 300_000, monday + 300_000])
    assert left[before] == pytest.approx(1 - bad.sum() / events[: 64 * HOUR].sum() / 0.001 * 64 / 168, rel=0.01)
    assert left[after] == 1


def test_windows_leave_out_a_sample_at_their_start_and_take_one_at_their_end() -> None:
    times, values, ends = (
        np.array([0, 300_000, 600_000]),
        np.array([1.0, 2.0, 4.0]),
        np.array([299_999, 300_000, 600_000]),
    )
    found = sum_over(times, values, window("5m"), ends)
    assert (found.total.tolist(), found.samples.tolist()) == ([1.0, 2.0, 4.0], [1, 1, 1])
    np.testing.assert_array_equal(last_over(times[:1], values[:1], window("5m"), ends), [1.0, np.nan, np.nan])
    assert sum_over(times, np.array([1.0, np.nan, 4.0]), window("15m"), ends[2:]).samples.tolist() == [2]


def test_a_count_makes_up_for_those_that_are_missing() -> None:
    """All of a gap is counted, and five minutes after one too long to be made up for."""
    assert [str(counted_span(window(age))) for age in ("5m", "10m", "45m", "2h")] == ["5m", "10m", "45m", "5m"]


def test_nothing_recorded_is_nothing_judged() -> None:
    of = version()
    found = replay(of.service, of.slo, [], START, START + STEP)
    assert (found.firings, found.judged, found.spent, found.pages_per_week) == ((), 0, None, None)
