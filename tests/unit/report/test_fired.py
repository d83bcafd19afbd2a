"""What fired, by the samples of ALERTS: breaks are ends, restarts aren't."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from slostack.backtest.history import Times
from slostack.backtest.prometheus import Prometheus, Query, Series
from slostack.backtest.recorded import Span
from slostack.report.fired import fired
from slostack.spec import parse_service
from tests.unit.backtest.made_up import START, STEP
from tests.unit.spec.files import RIGHT

SERVICE = parse_service(RIGHT, "api.yaml")
SPAN = Span(START, START + 1000 * STEP)
PAGE = {"alertname": "ErrorBudgetBurn", "slo": "availability", "tier": "page-5m", "severity": "critical"}
ALWAYS = START + STEP * np.arange(1, 1001)


@dataclass(frozen=True)
class Holds(Prometheus):
    """Answers with these series of ALERTS, which fire where they don't say otherwise."""

    series: tuple[tuple[Mapping[str, str], Times], ...] = ()

    def ask(self, queries: Sequence[Query]) -> list[list[Series]]:
        assert all('service="api"' in query.expr for query in queries)
        return [
            [
                Series({"alertstate": "firing", **labels}, kept, np.ones(len(kept)))
                for labels, times in self.series
                if len(kept := times[(times > query.start) & (times <= query.end)])
            ]
            for query in queries
        ]


def found(*parts: range, evaluated: Times = ALWAYS, labels: Mapping[str, str] = PAGE) -> list[tuple[int, int | None]]:
    """Where something fires that has samples at these evaluations, in evaluations."""
    times = START + STEP * np.concatenate([np.array(part) for part in parts])
    firings = [each.firing for each in fired(Holds("http://x", series=((labels, times),)), SERVICE, SPAN, evaluated)]
    return [(_nth(firing.start), None if firing.end is None else _nth(firing.end)) for firing in firings]


def _nth(at: float) -> int:
    return round((at * 1000 - START) / STEP)


def test_a_firing_ends_with_the_first_evaluation_without_it() -> None:
    assert found(range(10, 20)) == [(10, 20)]
    assert found(range(10, 20), range(22, 30)) == [(10, 20), (22, 30)]
    assert found(range(10, 20), range(21, 30)) == [(10, 30)]  # one sample is missing
    assert found(range(990, 1001)) == [(990, None)]


def test_a_restart_ends_none() -> None:
    down = np.concatenate((ALWAYS[:19], ALWAYS[59:]))
    assert found(range(10, 20), range(60, 70), evaluated=down) == [(10, 70)]
    assert found(range(10, 20), range(60, 70)) == [(10, 20), (60, 70)]
    assert found(range(10, 20), evaluated=ALWAYS[:19]) == [(10, None)]


def test_days_are_put_together() -> None:
    day = 24 * 120
    times = START + STEP * np.arange(day - 5, day + 5)
    evaluated = START + STEP * np.arange(1, 2 * day)
    (only,) = fired(Holds("http://x", series=((PAGE, times),)), SERVICE, Span(START, START + 2 * day * STEP), evaluated)
    assert only.firing.start * 1000 == times[0]


@pytest.mark.parametrize(
    ("labels", "is_page", "slo"),
    [
        (PAGE, True, "availability"),
        ({**PAGE, "severity": "high"}, True, "availability"),
        ({**PAGE, "tier": "ticket-1d", "severity": "medium"}, False, "availability"),
        ({"alertname": "Down", "severity": "critical", "instance": "a"}, True, ""),
        ({"alertname": "Slow", "severity": "high"}, False, ""),
    ],
)
def test_pages_are_page_tiers_and_what_is_critical(labels: Mapping[str, str], is_page: bool, slo: str) -> None:
    times = START + STEP * np.arange(10, 20)
    (only,) = fired(Holds("http://x", series=((labels, times),)), SERVICE, SPAN, ALWAYS)
    assert (only.firing.is_page, only.slo) == (is_page, slo)


def test_series_of_one_alert_are_one_firing() -> None:
    two = tuple(
        ({"alertname": "Down", "severity": "critical", "instance": name}, START + STEP * np.arange(start, start + 20))
        for name, start in (("a", 10), ("b", 25))
    )
    (only,) = fired(Holds("http://x", series=two), SERVICE, SPAN, ALWAYS)
    assert (_nth(only.firing.start), _nth(only.firing.end or 0)) == (10, 45)


@pytest.mark.parametrize(
    ("pending", "firing", "since"),
    [
        pytest.param([range(8, 10)], [range(10, 20)], [8], id="right before"),
        pytest.param([range(2, 5), range(8, 10)], [range(10, 20)], [8], id="and before, without firing"),
        pytest.param([range(2, 5)], [range(10, 20)], [10], id="before alone"),
        pytest.param([range(8, 10), range(21, 25)], [range(10, 20), range(25, 30)], [8, 20], id="twice"),
        pytest.param([range(8, 9)], [range(10, 20)], [8], id="one evaluation is missing"),
        pytest.param([], [range(10, 20)], [10], id="no `for`"),
    ],
)
def test_an_alert_fires_since_it_was_pending(
    pending: Sequence[range], firing: Sequence[range], since: Sequence[int]
) -> None:
    labels = {"alertname": "Down", "severity": "critical"}
    series = tuple(
        ({**labels, "alertstate": state}, START + STEP * np.concatenate([np.array(part) for part in parts]))
        for state, parts in (("pending", pending), ("firing", firing))
        if parts
    )
    assert [_nth(each.since) for each in fired(Holds("http://x", series=series), SERVICE, SPAN, ALWAYS)] == since
