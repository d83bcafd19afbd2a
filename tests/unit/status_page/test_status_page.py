"""How a service is now and was by day, from the counts of its SLOs, in a Prometheus made up of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from slostack import names
from slostack.backtest.history import Floats
from slostack.backtest.prometheus import Query, Series
from slostack.backtest.recorded import COUNT_HEARTBEAT
from slostack.errors import SlostackError
from slostack.spec import Duration, Service, parse_service
from slostack.status_page import Day, ServiceStatus, status_page
from tests.unit.backtest.made_up import COUNT_STEP, HoldsRecorded
from tests.unit.spec.files import RIGHT, SLI, edited

NOW = datetime(2026, 11, 30, 12, 0, 30, tzinfo=UTC)
DAYS = 30
SLICES = 288
FIRST = datetime(2026, 11, 1, tzinfo=UTC)
RATIO, RATE = names.error_ratio(Duration(300)), names.event_rate(Duration(300))
WITH_UP = edited(SLI, SLI[:-1] + ", up: 'up{job=\"api\"}'}")


@dataclass(frozen=True)
class Holds(HoldsRecorded):
    """Counts of every five minutes, and what is recorded now, by name."""

    now: Mapping[str, float] | None = None

    def _answers(self, query: Query) -> list[Series]:
        if not query.step:
            return super()._answers(query)
        assert query.end == round(NOW.timestamp()) * 1000
        labels = {names.SERVICE: "api", names.SLO: "availability"}
        return [
            Series({"__name__": name, **labels}, np.array([query.end]), np.array([value]))
            for name, value in (self.now or {}).items()
        ]


def holding(bad: Floats, events: Floats, now: Mapping[str, float] | None = None) -> Holds:
    """Bad events and all events of each five minutes since the first day began; NaN where none was counted."""
    at = round(FIRST.timestamp() * 1000) + COUNT_STEP * np.arange(1, len(events) + 1) + 20_000
    series = {COUNT_HEARTBEAT: (at, events), names.BAD_EVENTS: (at, bad), names.EVENTS: (at, events)}
    return Holds("http://made.up", series=series, now=now)


def judged(of: Holds, text: str = WITH_UP) -> ServiceStatus:
    return status_page((parse_service(text, "api.yaml"),), of, DAYS, NOW).services[0]


def month(*troubles: tuple[int, int, float], events: float = 6000, until: int = 29) -> Holds:
    """Calm days but for the share of bad events from some slice on, for so many slices."""
    every = np.full(until * SLICES, events)
    bad = every * 0.0002
    for start, length, share in troubles:
        bad[start : start + length] = events * share
    return holding(bad, every)


def test_days_are_counted_by_utc_and_todays_rest_is_not_known() -> None:
    found = judged(month(until=29))
    assert [day.day for day in found.days] == [date(2026, 11, number) for number in range(1, 31)]
    assert {day.state for day in found.days[:29]} == {"operational"}
    assert found.days[0].known == found.days[28].known == 1440
    assert found.days[29] == Day(date(2026, 11, 30), 0, 0, 0)
    assert found.days[29].state == "no data"
    assert found.uptime == 1
    assert found.troubled == ()


@pytest.mark.parametrize(
    ("share", "text", "state"),
    [
        (0.005, WITH_UP, "operational"),  # five times the budget
        (0.006, WITH_UP, "degraded"),  # as its slowest page looks for
        (0.499, WITH_UP, "degraded"),
        (0.5, WITH_UP, "down"),
        (1.0, WITH_UP, "down"),
        (1.0, RIGHT, "degraded"),  # it doesn't tell whether anything answers
        (0.005, edited("page: critical", "page: none"), "operational"),
        (0.006, edited("page: critical", "page: none"), "degraded"),
    ],
)
def test_a_day_is_as_its_slos_were(share: float, text: str, state: str) -> None:
    found = judged(month((3 * SLICES + 100, 4, share)), text)
    assert [day.state for day in found.days[2:5]] == ["operational", state, "operational"]
    (minutes,) = {20} if state != "operational" else {0}
    day = found.days[3]
    assert (day.degraded, day.down) == ((0, minutes) if state == "down" else (minutes, 0))
    assert [each.day for each in found.troubled] == ([day.day] if minutes else [])


def test_a_single_bad_slice_makes_no_bad_day_but_costs_uptime() -> None:
    found = judged(month((100, 1, 1.0)))
    assert (found.days[0].down, found.days[0].state) == (5, "operational")
    assert found.uptime == pytest.approx(1 - 5 / (29 * 1440))


def test_few_requests_of_which_one_fails_are_no_trouble() -> None:
    assert judged(month((100, 50, 0.25), events=4)).days[0].state == "operational"
    assert judged(month((100, 50, 0.75), events=8)).days[0].state == "down"


def test_what_nobody_counted_is_no_data() -> None:
    events = np.full(29 * SLICES, 6000.0)
    events[SLICES : 2 * SLICES] = np.nan
    events[3 * SLICES : 4 * SLICES] = 0
    found = judged(holding(np.where(events > 0, 0.0, events), events))
    assert [day.state for day in found.days[:5]] == ["operational", "no data", "operational", "no data", "operational"]


@pytest.mark.parametrize(
    ("now", "text", "state"),
    [
        ({RATIO: 0.0, RATE: 20}, WITH_UP, "operational"),
        ({names.UP: 1}, WITH_UP, "operational"),  # idle
        ({names.UP: 0}, WITH_UP, "down"),
        ({RATIO: 0.001, RATE: 20, names.UP: 0}, WITH_UP, "down"),
        ({RATIO: 0.006, RATE: 20, names.UP: 1}, WITH_UP, "degraded"),
        ({RATIO: 0.5, RATE: 20, names.UP: 1}, WITH_UP, "down"),
        ({RATIO: 0.5, RATE: 20}, RIGHT, "degraded"),
        ({RATIO: 0.5, RATE: 0.01}, RIGHT, "operational"),  # three requests
        ({}, WITH_UP, "no data"),
    ],
)
def test_the_state_now_is_of_the_last_five_minutes(now: dict[str, float], text: str, state: str) -> None:
    held = month()
    found = judged(Holds("http://made.up", series=held.series, now=now), text)
    assert found.now == state


def test_time_is_judged_too() -> None:
    """Of 0/1 gauges, seconds; of slices, a slice."""
    uptime = edited(SLI, "{uptime: 'probe_success{job=\"api\"}'}")
    assert judged(month((100, 3, 0.6), events=300), uptime).days[0].state == "down"
    assert judged(month((100, 3, 0.3), events=300), uptime).days[0].state == "operational"  # less than two minutes
    slices = edited(SLI, "{slices: {quantile: 0.95, histogram: h, below: 0.2}}").replace("99.9\n", "99\n")
    assert judged(month((100, 3, 1.0), events=1), slices).days[0].state == "degraded"


def test_a_service_without_data_is_told_apart_and_none_at_all_is_an_error() -> None:
    other: Service = parse_service(RIGHT.replace("service: api", "service: shop"), "shop.yaml")
    mine = parse_service(WITH_UP, "api.yaml")
    held = month()

    @dataclass(frozen=True)
    class OfOne(Holds):
        def ask(self, queries: Sequence[Query]) -> list[list[Series]]:
            return [self._answers(each) if 'service="api"' in each.expr else [] for each in queries]

    server: Any = OfOne("http://made.up", series=held.series)
    page = status_page((mine, other), server, DAYS, NOW)
    assert page.silent == ("shop",)
    assert [each.name for each in page.without(page.silent).services] == ["api"]
    with pytest.raises(SlostackError, match=r"^http://made\.up has nothing of shop, expected what their rules record"):
        status_page((other,), server, DAYS, NOW)
