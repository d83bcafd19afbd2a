"""A report of a made-up past: when burns began, what pages spent, and what a week spent of a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from slostack.backtest import Incident
from slostack.backtest.budget import spent_within
from slostack.backtest.history import Floats
from slostack.backtest.prometheus import Query, Series
from slostack.backtest.recorded import Span
from slostack.errors import SlostackError
from slostack.report import Page, Report, ServiceReport, report
from slostack.report.model import incidents
from slostack.spec import Service, parse_service
from slostack.spec.windows import CALENDARS
from tests.unit.backtest.made_up import HOUR, START, STEP, HoldsRecorded, history, holding, version
from tests.unit.report.test_fired import PAGE
from tests.unit.spec.files import RIGHT

LENGTH = 48 * HOUR
SPAN = Span(START + 24 * HOUR * STEP, START + LENGTH * STEP)
"""The second day."""
EVENTS = 600.0
DOWN = {"alertname": "ServiceDown", "severity": "critical"}


@dataclass(frozen=True)
class WithAlerts(HoldsRecorded):
    """Holds ALERTS, too: pages of the SLO, by their evaluations, and of an alert of none, with those in which it was
    pending before."""

    pages: tuple[tuple[int, int], ...] = ()
    down: tuple[tuple[int, int, int], ...] = ()

    def _answers(self, query: Query) -> list[Series]:
        if not query.expr.startswith("ALERTS"):
            return super()._answers(query)
        runs = [({**PAGE, "alertstate": "firing"}, start, end) for start, end in self.pages]
        for pending, start, end in self.down:
            runs += [
                ({**DOWN, "alertstate": "pending"}, pending, start),
                ({**DOWN, "alertstate": "firing"}, start, end),
            ]
        found = []
        for labels, start, end in runs:
            times = START + STEP * np.arange(start, end)
            kept = times[(times > query.start) & (times <= query.end)]
            if len(kept):
                found.append(Series(labels, kept, np.ones(len(kept))))
        return found


def past(failing: Floats, *pages: tuple[int, int], down: tuple[tuple[int, int, int], ...] = ()) -> WithAlerts:
    """Failing shares of every evaluation, pages, and when the service was down."""
    events = np.full(LENGTH, EVENTS)
    held = holding(history(version(), events, events * failing), np.zeros(LENGTH, bool))
    return WithAlerts("http://made.up", series=held.series, pages=pages, down=down)


def calm() -> Floats:
    return np.full(LENGTH, 0.0002)


def told(of: WithAlerts, known: Sequence[Incident] = (), least: float = 0.005) -> ServiceReport:
    return whole(of, known, least).services[0]


def whole(of: WithAlerts, known: Sequence[Incident] = (), least: float = 0.005) -> Report:
    return report((version().service,), of, SPAN, least, known)


def at(nth: int) -> float:
    """The Unix time of an evaluation."""
    return (START + nth * STEP) / 1000


def test_a_burn_begins_when_five_minutes_exceed_the_budget() -> None:
    failing, begin = calm(), 30 * HOUR
    failing[begin : begin + 40] = 0.5
    (page,) = told(past(failing, (begin + 3, begin + 45))).pages
    assert (page.subject, page.fired) == ("availability", ("page-5m",))
    assert (page.start, page.end) == (at(begin + 3), at(begin + 45))
    assert page.began == at(begin + 1)  # the first evaluation that saw it
    assert page.detected == 60
    # 40 half minutes at a half of the events, of a month's events as far as they are known
    assert page.spent == pytest.approx(0.5 * 40 / (0.001 * 30 * 24 * HOUR), rel=0.02)
    assert not page.is_noise(0.005)


def test_a_slow_burn_began_long_before_its_page() -> None:
    failing, begin = calm(), 26 * HOUR
    failing[begin : begin + 8 * HOUR] = 0.003  # below what any page of an hour or less looks for
    (page,) = told(past(failing, (begin + 6 * HOUR, begin + 8 * HOUR))).pages
    assert page.detected == pytest.approx(6 * 3600, abs=330)


def test_a_page_without_a_burn_has_no_beginning_and_is_noise() -> None:
    (page,) = told(past(calm(), (30 * HOUR, 30 * HOUR + 10))).pages
    assert (page.began, page.detected) == (None, None)
    assert page.spent is not None
    assert page.is_noise(0.005)
    assert not page.is_noise(0.0)


def test_an_alert_of_no_slo_began_when_it_was_pending_and_without_for_with_the_last_burn() -> None:
    failing, begin = calm(), 30 * HOUR
    failing[begin : begin + 40] = 0.5
    (page,) = told(past(failing, down=((begin + 2, begin + 4, begin + 45),))).pages
    assert (page.subject, page.began, page.detected) == ("ServiceDown", at(begin + 2), 60)
    assert page.spent == pytest.approx(0.5 * 40 / (0.001 * 30 * 24 * HOUR), rel=0.1)
    (page,) = told(past(failing, down=((begin + 12, begin + 12, begin + 45),))).pages
    assert (page.began, page.detected) == (at(begin + 1), 330)
    (page,) = told(past(calm(), down=((begin, begin, begin + 45),))).pages
    assert (page.began, page.detected) == (None, None)


def test_a_page_soon_after_another_is_of_its_incident_and_noise() -> None:
    failing, begin = calm(), 30 * HOUR
    failing[begin : begin + 20] = failing[begin + 60 : begin + 80] = failing[begin + 400 : begin + 420] = 0.5
    found = told(past(failing, *((begin + start + 3, begin + start + 22) for start in (0, 60, 400))))
    assert [page.again for page in found.pages] == [False, True, False]
    assert [page.is_noise(0.0) for page in found.pages] == [False, True, False]
    assert [len(each) for each in found.incidents] == [2, 1]


def test_a_page_of_the_day_before_is_not_of_this_one_and_one_that_lasts_is() -> None:
    failing = calm()
    failing[23 * HOUR : 23 * HOUR + 10] = failing[-10:] = 0.5
    found = told(past(failing, (23 * HOUR + 3, 23 * HOUR + 12), (LENGTH - 7, LENGTH + 1)))
    (page,) = found.pages
    assert (page.start, page.end) == (at(LENGTH - 7), None)
    assert found.slos[0].pages == 1


def test_what_was_spent_is_of_the_span_alone() -> None:
    failing = calm()
    failing[10 * HOUR : 11 * HOUR] = 0.1
    before = told(past(failing)).slos[0]
    failing[30 * HOUR : 31 * HOUR] = 0.2
    after = told(past(failing)).slos[0]
    assert before.spent == pytest.approx(0.2 * 1 / 30, rel=0.02)  # as the calm burns, a day of thirty
    assert before.spent is not None
    assert after.spent is not None
    assert after.spent - before.spent == pytest.approx(0.2 / (0.001 * 30 * 24), rel=0.02)
    assert before.left is not None
    assert after.left == pytest.approx(before.left - (after.spent - before.spent), abs=1e-3)
    assert before.left == pytest.approx(1 - 2 * before.spent - 0.1 / (0.001 * 30 * 24), rel=0.02)


def test_a_calendar_budget_is_spent_by_its_own_period_alone() -> None:
    """A week begins on the first Monday of the span."""
    of = version(window=CALENDARS["week"])
    days = 6
    events = np.full(days * 24 * HOUR, EVENTS)
    bad = events * 0.0002
    known = history(of, events, bad)
    monday = 4 * 86400 + 86400 * 7 * ((START // 1000 - 4 * 86400) // (86400 * 7) + 1)
    end = int(known.counted[-1])
    whole_week, this_week = spent_within(of.slo, known, START, end), spent_within(of.slo, known, monday * 1000, end)
    assert whole_week == pytest.approx(this_week, rel=0.01)
    assert whole_week == pytest.approx(0.2 * (end / 1000 - monday) / (7 * 86400), rel=0.01)
    rolling = version()
    assert spent_within(rolling.slo, known, START, end) == pytest.approx(0.2 * days / 30, rel=0.01)
    assert spent_within(rolling.slo, known, START, START) is None


def test_known_incidents_are_held_against_what_fired() -> None:
    failing, begin = calm(), 30 * HOUR
    failing[begin : begin + 20] = 0.5
    known = [
        Incident(
            title=title,
            service=service,
            start=datetime.fromtimestamp(at(start), UTC),
            end=datetime.fromtimestamp(at(start + 20), UTC),
        )
        for title, service, start in (
            ("caught", "api", begin),
            ("missed", "api", 40 * HOUR),
            ("before", "api", HOUR),
            ("another's", "shop", begin),
        )
    ]
    found = told(past(failing, (begin + 3, begin + 22)), known)
    assert [(each.incident.title, each.seconds) for each in found.detections] == [("caught", 90.0), ("missed", None)]


def test_a_service_without_data_is_named_and_none_at_all_is_an_error() -> None:
    other: Service = parse_service(RIGHT.replace("service: api", "service: shop"), "shop.yaml")
    held = past(calm())

    @dataclass(frozen=True)
    class OfOne(WithAlerts):
        def ask(self, queries: Sequence[Query]) -> list[list[Series]]:
            return [self._answers(each) if 'service="api"' in each.expr else [] for each in queries]

    server = OfOne("http://made.up", series=held.series)
    found = report((version().service, other), server, SPAN, 0.005)
    assert ([each.service for each in found.services], found.silent) == (["api"], ("shop",))
    with pytest.raises(SlostackError, match=r"^http://made\.up has nothing of shop in that time, expected what"):
        report((other,), server, SPAN, 0.005)


def test_pages_that_overlap_or_follow_within_an_hour_are_one_incident() -> None:
    page = Page("a", ("page-5m",), 0, 600)
    pages = [
        page,
        replace(page, subject="b", start=300, end=5000),
        replace(page, start=8600, end=9000),
        replace(page, start=12_601, end=None),
        replace(page, start=99_999, end=100_000),
    ]
    assert [len(each) for each in incidents(pages)] == [3, 2]
    assert incidents(()) == ()


def test_a_page_that_still_fires_is_not_judged_yet() -> None:
    page = Page("availability", ("page-5m",), 0.0, None, spent=0.0)
    assert not page.is_noise(0.005)
    assert replace(page, end=60.0).is_noise(0.005)
