"""The oracle: a month of traffic with a daily shape; every window's ratio and the budget as raw series give them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest

from slostack import names, plain_yaml
from slostack.playing.needed import needed
from slostack.rules import render_rules
from slostack.simulation import (
    DAY,
    START,
    Incident,
    Query,
    Result,
    Scenario,
    Scraping,
    SkippedEvaluations,
    Span,
    Target,
    Traffic,
    simulate,
)
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
"""About when windows are compared: each time after the count of the next five minutes."""
OFFSET = 15.0
"""Windows of two hours and more are counted up to a scrape's timeout and five seconds ago."""
_UNFOLDED = 1_000_000
_SUMMED = names.tier("")
"""How the names of sums end that the group of the counts makes."""
SETTLED = HOUR
"""Around an incident's edges the last scrape's age, up to 30 s, is more than a hundredth of what a window saw of it."""


@pytest.fixture(scope="module")
def counted() -> tuple[float, ...]:
    """When counts are recorded: every five minutes, from a time that Prometheus takes from the group's name."""
    recorded = Query("timestamp(slo:events:count5m)", (1700.0,))
    first = simulate({"api.yaml": _rules()}, _month(1800), {"recorded": recorded}).value("recorded", 1700.0)
    assert first is not None
    phase = (first - START) % (5 * MINUTE)
    return tuple(at - at % (5 * MINUTE) + 5 * MINUTE + phase for at in ASKED)


@pytest.fixture(scope="module")
def result(counted: tuple[float, ...]) -> Result:
    """What is recorded a minute after each count, and what raw series give for the time that was counted.

    Between the times that are asked for, the group that shows the counts is not evaluated, which spares minutes.
    """
    shown, true = [at + MINUTE for at in counted], [at - OFFSET for at in counted]
    queries = {f"recorded {window}": Query(f"slo:error_ratio:rate{window}", shown) for window in WINDOWS}
    queries |= {
        f"raw {window}": Query(
            f"sum(rate({BAD}[{window}])) / sum(rate({TOTAL}[{window}]))", shown if seconds <= HOUR else true
        )
        for window, seconds in WINDOWS.items()
        if window != "30d"
    }
    queries["raw 30d"] = Query(f"sum(increase({BAD}[30d])) / sum(increase({TOTAL}[30d]))", true[-1:])
    queries["budget"] = Query("slo:error_budget_remaining:ratio", shown[-1:])
    between = tuple(Span(before + MINUTE, at - 5 * MINUTE) for before, at in pairwise((0, *shown)))
    return simulate({"api.yaml": _rules()}, _month(LENGTH, SkippedEvaluations("slo/.*", between)), queries)


@pytest.mark.parametrize("window", WINDOWS)
def test_ratio_is_within_one_percent_of_raw_series(result: Result, counted: Sequence[float], window: str) -> None:
    compared = 0
    for at in counted[-1:] if window == "30d" else counted:
        if _is_settled(at, WINDOWS[window]):
            true = at + MINUTE if WINDOWS[window] <= HOUR else at - OFFSET
            recorded, raw = result.value(f"recorded {window}", at + MINUTE), result.value(f"raw {window}", true)
            assert recorded == pytest.approx(raw, rel=0.01), f"{window} at {at / DAY:.2f} days"
            compared += 1
    assert compared >= (1 if window == "30d" else 70)


def test_windows_differ_from_each_other(result: Result, counted: Sequence[float]) -> None:
    """Else any window would do for any other."""
    ratios = {result.value(f"recorded {window}", counted[-1] + MINUTE) for window in ("1h", "1d", "3d", "30d")}
    assert len({f"{ratio:.5f}" for ratio in ratios}) == 4


def test_budget_is_within_a_tenth_of_a_point(result: Result, counted: Sequence[float]) -> None:
    raw = result.value("raw 30d", counted[-1] - OFFSET)
    assert raw is not None
    assert result.value("budget", counted[-1] + MINUTE) == pytest.approx(1 - raw / 0.001, abs=0.001)


def _month(length: float, *skipped: SkippedEvaluations) -> Scenario:
    """Two pods that restart now and then."""
    targets = tuple(
        Target(
            labels={"job": "api", "instance": f"pod-{pod}"},
            traffic=Traffic(per_second=100, daily_swing=0.6, error_ratio=0.0003, exact=True),
            life=Span(0, LENGTH),
            incidents=INCIDENTS,
            restarts=tuple((day + 0.3 * pod) * DAY for day in range(2, DAYS, 5)),
            scraping=Scraping(interval=30),
        )
        for pod in range(2)
    )
    return Scenario(targets, length, skipped=skipped)


def _is_settled(at: float, window: float) -> bool:
    """No edge of an incident is near either end of the window."""
    edges = [edge for each in INCIDENTS for edge in (each.start, each.end)]
    return all(abs(end - edge) > SETTLED for end in (at, at - window) for edge in edges)


def _rules() -> str:
    """The rules of an SLO. Its long windows are summed from the counts when they are shown alone, not every five
    minutes, which gives the same and takes half the time."""
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
    groups = plain_yaml.load(render_rules(parse_service(slo, "api.yaml")))["groups"]
    asked = (*(f"slo:error_ratio:rate{window}" for window in WINDOWS), "slo:error_budget_remaining:ratio")
    tier, shown = needed(groups, asked, given=(TOTAL,))
    sums = [rule for rule in tier["rules"] if rule["record"].endswith(_SUMMED)]
    tier["rules"] = [rule for rule in tier["rules"] if rule not in sums]
    shown["rules"] = [*sums, *shown["rules"]]
    return plain_yaml.dump({"groups": [tier, shown]}, width=_UNFOLDED)
