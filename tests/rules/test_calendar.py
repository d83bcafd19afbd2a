"""Calendar windows: the budget is back at the start of a week, month or quarter (UTC) and lasts for all of it."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from slostack import names
from slostack.rules.calendar import counts_in, period_rules
from slostack.spec.windows import CALENDARS, Calendar
from tests.rules.playing import DAY, HOUR, MINUTE, ask, play, slo_file

REMAINING, EVENTS, BAD = (names.BUDGET_REMAINING, names.WINDOW_EVENTS, names.WINDOW_BAD_EVENTS)


def period(at: datetime, calendar: Calendar) -> tuple[int, int]:
    """The year and number of the period of a time."""
    if calendar.name == "week":
        return at.isocalendar()[:2]
    return at.year, at.month if calendar.name == "month" else (at.month - 1) // 3


def days(at: datetime, calendar: Calendar) -> int:
    """How long the period of a time is."""
    if calendar.name == "week":
        return 7
    months = [at.month] if calendar.name == "month" else [(at.month - 1) // 3 * 3 + n for n in (1, 2, 3)]
    return sum(monthrange(at.year, month)[1] for month in months)


@pytest.mark.parametrize("calendar", CALENDARS.values(), ids=str)
@pytest.mark.parametrize("year", [1971, 1996, 2027, 2096])
def test_every_day_of_nine_years_knows_how_long_its_period_is(calendar: Calendar, year: int) -> None:
    first = datetime(year, 1, 1, tzinfo=UTC)
    counts = f"vector((time() - {first.timestamp():.0f}) * {counts_in(calendar)})"
    queries = [f"sum_over_time(({counts})[365d:1d] offset {365 * n}d)" for n in range(9)]
    answers = ask(queries, (9 * 365 - 1) * DAY, f"{first:%Y-%m-%dT%H:%M:%SZ}")
    expected = sum(n * DAY * 288 * days(first + timedelta(days=n), calendar) for n in range(9 * 365))
    assert sum(value for answer in answers for value in answer.values()) == expected


@pytest.mark.parametrize("calendar", CALENDARS.values(), ids=str)
@pytest.mark.parametrize("year", [1970, 2027])
def test_a_count_belongs_to_the_period_in_which_it_begins(calendar: Calendar, year: int) -> None:
    """Counts that began at each sixth full hour of 400 days, by the label that they have five minutes later."""
    first, number = datetime(year, 1, 1, tzinfo=UTC), 400 * 4
    labelled = period_rules(calendar, "")[0].expr.partition(f"group_left ({names.PERIOD}) ")[2]
    late = labelled.replace("time()", "(time() + 300)")
    (answer,) = ask([f"count_over_time(({late})[400d:6h])"], (number - 1) * 6 * HOUR, f"{first:%Y-%m-%dT%H:%M:%SZ}")
    expected = Counter(period(first + timedelta(hours=6 * n), calendar) for n in range(number))
    assert sorted(answer.values()) == sorted(expected.values())


STARTS = [
    ("week", "2027-01-04", 7, 7),
    ("month", "2028-03-01", 29, 31),
    ("quarter", "2028-04-01", 91, 91),
    ("quarter", "2027-10-01", 92, 92),
]


@pytest.mark.parametrize(("calendar", "start", "days_before", "days_after"), STARTS)
def test_the_budget_is_back_at_the_start(calendar: str, start: str, days_before: int, days_after: int) -> None:
    """A tenth fails for six hours until the very start, and again two hours after it; that spends the budget evenly."""
    begins = datetime.fromisoformat(f"{start}T00:00:00Z") - timedelta(hours=6)
    series = {"all_total": "0+600x720", "bad_total": "0+60x360 21600x120 21660+60x240"}
    at = 6 * HOUR
    asked = {
        REMAINING: [3 * HOUR, at - 300, at, at + 300, at + HOUR, at + 5 * HOUR],
        EVENTS: [at - 300, at + HOUR],
        BAD: [at - 300, at, at + 300, at + HOUR, at + 5 * HOUR],
        names.burn_rate(CALENDARS[calendar]): [at - 300, at + HOUR, at + 4 * HOUR],
    }
    slo = slo_file(
        "sli: {events: {bad: bad_total, total: all_total}}\nalerting: {page: none}", objective=90, window=calendar
    )
    played = play(slo, series, asked, step=60, every=300, start=f"{begins:%Y-%m-%dT%H:%M:%SZ}")
    spent = [1 - (played.value(REMAINING, each) or 0) for each in asked[REMAINING]]
    half, whole = HOUR * 3 / DAY / days_before, HOUR * 6 / DAY / days_before
    assert spent[:2] == pytest.approx([half, whole], rel=0.05)
    assert spent[2:5] == pytest.approx([0, 0, 0], abs=1e-4)
    assert spent[5] == pytest.approx(HOUR * 3 / DAY / days_after, rel=0.05)
    assert [played.value(EVENTS, each) for each in asked[EVENTS]] == pytest.approx([6 * 36000, 36000], rel=0.05)
    failed = [played.value(BAD, each) for each in asked[BAD]]
    assert failed == pytest.approx(
        [6 * 3600, 0, 0, 0, 3 * 3600], rel=0.05, abs=60
    )  # those of the last scrape before it
    burns = [played.value(names.burn_rate(CALENDARS[calendar]), each) for each in (at - 300, at + HOUR, at + 4 * HOUR)]
    assert burns == pytest.approx([1, 0, 0.5], rel=0.05, abs=0.02)


def test_pages_are_judged_over_the_start_of_a_month() -> None:
    """An incident that began before midnight goes on paging after it, and spends the new budget."""
    firing = 'count(ALERTS{alertstate="firing"}) or vector(0)'
    series = {"all_total": "0+600x360", "bad_total": "0x150 60+60x210"}
    times = [150 * MINUTE, *range(3 * HOUR - 900, 3 * HOUR + 1500, 300)]
    slo = slo_file("sli: {events: {bad: bad_total, total: all_total}}", window="month")
    played = play(slo, series, {firing: times, REMAINING: [3 * HOUR]}, step=60, every=300, start="2027-03-31T21:00:00Z")
    assert [played.value(firing, at) for at in times] == [0, *[3] * (len(times) - 1)]
    assert played.value(REMAINING, 3 * HOUR) == 1


def test_calendars_keep_label_sets_apart() -> None:
    series = {
        'all_total{route="/a"}': "0+600x360",
        'all_total{route="/b"}': "0+60x360",
        'bad_total{route="/b"}': "0+6x360",
    }
    slo = slo_file("sli: {events: {bad: bad_total, total: all_total}}\ngroup_by: [route]", objective=95, window="week")
    at = 90 * MINUTE
    played = play(slo, series, {REMAINING: [at], EVENTS: [at]}, step=60, start="2027-01-04T00:00:00Z")
    assert played.values(REMAINING, at, "route") == pytest.approx({"/a": 1, "/b": 1 - 2 * 1.5 / 168}, abs=0.002)
    assert played.values(EVENTS, at, "route") == pytest.approx({"/a": 1.5 * 36000, "/b": 1.5 * 3600}, rel=0.08)
