"""The oracle: a month of traffic with a daily shape; every window's ratio and the budget as raw series give them."""

from __future__ import annotations

import pytest

from slostack.rules import render_rules
from slostack.simulation import DAY, Incident, Query, Result, Scenario, Scraping, Span, Target, Traffic, simulate
from slostack.spec import parse_service

HOUR, MINUTE = 3600.0, 60.0
DAYS = 30
BAD = 'http_requests_total{job="api",code="500"}'
TOTAL = 'http_requests_total{job="api"}'
WINDOWS = {
    "5m": 5 * MINUTE, "30m": 30 * MINUTE, "1h": HOUR, "2h": 2 * HOUR, "6h": 6 * HOUR, "1d": DAY, "3d": 3 * DAY,
    "30d": DAYS * DAY,
}  # fmt: skip
INCIDENTS = tuple(
    Incident(day * DAY + hour * HOUR, day * DAY + (hour + length) * HOUR, error_ratio)
    for day, hour, length, error_ratio in (
        (1, 3, 0.5, 0.2), (4, 10, 6, 0.004), (7, 22, 4, 0.01), (11, 1, 0.2, 0.9), (13, 14, 2, 0.03), (17, 8, 7, 0.002),
        (20, 19, 1, 0.05), (23, 5, 0.3, 0.5), (25, 12, 3, 0.006), (27, 9, 1.5, 0.04), (28, 16, 0.5, 0.1),
        (29, 2, 5, 0.003),
    )
)  # fmt: skip
LENGTH = DAYS * DAY + 2 * HOUR
ASKED = (*(DAY + 7 * HOUR * step for step in range(99)), LENGTH - HOUR)
SETTLED = 12 * MINUTE
"""Long windows are recorded every five minutes, up to a scrape's timeout ago: around an incident's edges they are on
their way."""


@pytest.fixture(scope="module")
def result() -> Result:
    """A month of two pods that restart now and then, with queries for what is recorded and for what it should be."""
    traffic = Traffic(per_second=100, daily_swing=0.6, error_ratio=0.0003, exact=True)
    targets = tuple(
        Target(
            labels={"job": "api", "instance": f"pod-{pod}"},
            traffic=traffic,
            life=Span(0, LENGTH),
            incidents=INCIDENTS,
            restarts=tuple((day + 0.3 * pod) * DAY for day in range(2, DAYS, 5)),
            scraping=Scraping(interval=30),
        )
        for pod in range(2)
    )
    queries = {f"recorded {window}": Query(f"slo:error_ratio:rate{window}", ASKED) for window in WINDOWS}
    queries |= {
        f"raw {window}": Query(f"sum(rate({BAD}[{window}])) / sum(rate({TOTAL}[{window}]))", ASKED)
        for window in WINDOWS
        if window != "30d"
    }
    queries["raw 30d"] = Query(f"sum(increase({BAD}[30d])) / sum(increase({TOTAL}[30d]))", ASKED[-1:])
    queries["budget"] = Query("slo:error_budget_remaining:ratio", ASKED[-1:])
    return simulate({"api.yaml": _rules()}, Scenario(targets, LENGTH), queries)


@pytest.mark.parametrize("window", WINDOWS)
def test_ratio_is_within_one_percent_of_raw_series(result: Result, window: str) -> None:
    compared = 0
    for at in ASKED[-1:] if window == "30d" else ASKED:
        if window != "30d" and not _is_settled(at, WINDOWS[window]):
            continue
        recorded, raw = result.value(f"recorded {window}", at), result.value(f"raw {window}", at)
        assert recorded == pytest.approx(raw, rel=0.01), f"{window} at {at / DAY:.2f} days"
        compared += 1
    assert compared >= (1 if window == "30d" else 80)


def test_windows_differ_from_each_other(result: Result) -> None:
    """Else any window would do for any other."""
    last = {window: result.value(f"raw {window}", ASKED[-1]) for window in ("1h", "1d", "3d", "30d")}
    assert len({f"{ratio:.5f}" for ratio in last.values()}) == len(last)


def test_budget_is_within_a_tenth_of_a_point(result: Result) -> None:
    raw = result.value("raw 30d", ASKED[-1])
    assert raw is not None
    assert result.value("budget", ASKED[-1]) == pytest.approx(1 - raw / 0.001, abs=0.001)


def _is_settled(at: float, window: float) -> bool:
    """No edge of an incident is near either end of the window."""
    edges = [edge for each in INCIDENTS for edge in (each.start, each.end)]
    return all(abs(end - edge) > SETTLED for end in (at, at - window) for edge in edges)


def _rules() -> str:
    slo = f"""
service: api
description: An API
team: web
scrape: [{{job: api, interval: 30s, timeout: 10s}}]
slos:
  - name: success
    description: Requests succeed
    objective: 99.9
    sli: {{events: {{bad: '{BAD}', total: '{TOTAL}'}}}}
    runbook: a.md
"""
    return render_rules(parse_service(slo, "api.yaml"))
