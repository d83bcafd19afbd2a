"""What an SLO asks of its alerts: few failures, a spent budget, absence, severities, labels, and none at all."""

from __future__ import annotations

import pytest

from slostack import plain_yaml
from tests.rules.playing import HOUR, MINUTE, annotated, play, slo_file

EVENTS = "sli: {events: {bad: bad_total, total: all_total}}"
BURNS = 'ALERTS{alertname="ErrorBudgetBurn",alertstate="firing"}'
BY_TIER = f"count by (tier, severity, journey) ({BURNS})"
SPENT, ABSENT = (
    f'count(ALERTS{{alertname="{name}",alertstate="firing"}})' for name in ("ErrorBudgetSpent", "SLIAbsent")
)
PAGES, TICKETS = {"page-5m"}, {"ticket-1d", "ticket-3d"}
"""What fires where half of all requests fail: the fastest page alone, and every ticket."""
BROKEN = {"all_total": "0+150x240", "bad_total": "0+75x240"}


def with_alerting(alerting: str, more: str = "") -> str:
    return slo_file(f"{EVENTS}\nalerting: {{{alerting}}}\n{more}")


@pytest.mark.parametrize(
    ("failures", "least", "firing"),
    [(1, 1, TICKETS | {"page-5m"}), (4, 5, set()), (5, 5, TICKETS | {"page-1h"}), (9, 3, TICKETS | {"page-1h"})],
)
def test_an_alert_needs_its_least_failures(failures: int, least: int, firing: set[str]) -> None:
    """A request every four minutes; from the tenth on so many fail. No five minutes have three failures."""
    calls = [n // 16 for n in range(320)]
    bad = [min(failures, max(0, call - 9)) for call in calls]
    series = {"all_total": " ".join(map(str, calls)), "bad_total": " ".join(map(str, bad))}
    at = range(38 * MINUTE, 78 * MINUTE, 150)
    played = play(with_alerting(f"least_failures: {least}"), series, {BY_TIER: at})
    assert {tier for each in at for tier in played.values(BY_TIER, each, "tier")} == firing


def test_severities_and_labels_and_tickets() -> None:
    at = 50 * MINUTE
    played = play(with_alerting("page: high, ticket: low", "labels: {journey: pay}"), BROKEN, {BY_TIER: [at]})
    found = {
        tuple(dict(labels)[name] for name in ("tier", "severity", "journey")) for labels in played.answers[BY_TIER, at]
    }
    assert found == {(tier, "high", "pay") for tier in PAGES} | {(tier, "low", "pay") for tier in TICKETS}


@pytest.mark.parametrize(
    ("alerting", "tiers"), [("page: none", TICKETS), ("ticket: none", PAGES), ("page: none, ticket: none", set())]
)
def test_only_tickets_only_pages_and_no_alerts(alerting: str, tiers: set[str]) -> None:
    at, burn = 50 * MINUTE, "slo:burn_rate:rate1h"
    played = play(with_alerting(alerting), BROKEN, {BY_TIER: [at], burn: [at], "count(ALERTS)": [at]}, every=300)
    assert set(played.values(BY_TIER, at, "tier")) == tiers
    assert played.value("count(ALERTS)", at) == (len(tiers) or None)
    assert played.value(burn, at) == pytest.approx(500)


def test_a_spent_share_of_the_budget_alerts() -> None:
    """At half the requests an hour's budget is spent in 7.2 s of each; 30 days of it in 86 minutes."""
    slo = with_alerting("page: none, ticket: none, spent: {share: 25, severity: low}", "labels: {journey: pay}")
    series = {"all_total": "0+150x240", "bad_total": "0+75x240"}
    left = "slo:error_budget_remaining:ratio"
    times = range(300, HOUR, 300)
    played = play(slo, series, {left: times, SPENT: times}, every=300)
    for at in times:
        remaining = played.value(left, at)
        assert remaining is not None
        assert bool(played.value(SPENT, at)) == (remaining <= 0.75)
    assert [bool(played.value(SPENT, at)) for at in (900, 2700)] == [False, True]
    said = annotated(slo, series, "ErrorBudgetSpent", 2700, every=300)
    assert "of the error budget are spent" in said
    for label in ('"severity": "low"', '"journey": "pay"', '"team": "web"', '"slo": "it"'):
        assert label in said


def test_absence_alerts_when_series_are_gone() -> None:
    """A rate looks five minutes back, then `for` begins."""
    slo = with_alerting("absence: {for: 10m, severity: critical}")
    series = {"all_total": "0+15x240 stale _x240 0+15x200"}
    times = [74 * MINUTE, 76 * MINUTE, 119 * MINUTE, 123 * MINUTE]
    played = play(slo, series, {ABSENT: times})
    assert [played.value(ABSENT, at) for at in times] == [None, 1, 1, None]


def test_an_idle_service_is_not_absent_nor_is_one_that_starts() -> None:
    times = [1, 5 * MINUTE, 9 * MINUTE, 20 * MINUTE, 50 * MINUTE]
    played = play(with_alerting("absence: {for: 10m}"), {"all_total": "_x36 7x200"}, {ABSENT: times})
    assert not any(played.value(ABSENT, at) for at in times)


def test_a_threshold_alert_says_what_is_left_of_its_services_budgets() -> None:
    alert = "alerts: [{name: Busy, expr: busy > 1, severity: low, summary: Busy, runbook: api/busy.md}]\n"
    left = 'slo:error_budget_remaining:ratio{service="api",slo="'
    series = {
        "busy": "2x9",
        f'{left}it"}}': "0.61239x9",
        f'{left}by-route",route="/a"}}': "0.9x9",
        f'{left}by-route",route="/b"}}': "-0.5x9",
        'slo:error_budget_remaining:ratio{service="another",slo="it"}': "0.1x9",
    }
    file = slo_file(EVENTS) + alert
    assert '"budgets_left": "by-route -50%, it 61.2%"' in annotated(file, series, "Busy", 60)
    assert '"budgets_left": "not known yet"' in annotated(file, {"busy": "2x9"}, "Busy", 60)


def test_of_many_budgets_a_threshold_alert_tells_the_three_with_the_least_left() -> None:
    """Some of them may not be known yet."""
    alert = "alerts: [{name: Busy, expr: busy > 1, severity: low, summary: Busy, runbook: api/busy.md}]\n"
    document = plain_yaml.load(slo_file(EVENTS))
    (slo,) = document["slos"]
    file = plain_yaml.dump({**document, "slos": [{**slo, "name": f"s{number}"} for number in range(4)]}) + alert
    series = {
        f'slo:error_budget_remaining:ratio{{service="api",slo="s{number}"}}': f"0.{9 - number}0049x9"
        for number in range(4)
    }
    for known, told in (
        (4, "s3 60.0%, s2 70.0%, s1 80.0%, and 1 more"),
        (3, "s2 70.0%, s1 80.0%, s0 90.0%"),
        (0, "not known yet"),
    ):
        said = annotated(file, {"busy": "2x9", **dict(list(series.items())[:known])}, "Busy", 60)
        assert f'"budgets_left": "{told}"' in said


IDLE = {
    "quantile": "{slices: {length: 5m, quantile: 0.9, histogram: seconds, below: 1}}",
    "ratio": "{slices: {length: 10m, bad: bad_total, total: seconds_count, at_most: 0.1}}",
    "value": "{slices: {length: 5m, value: 'max(rate(seconds_sum[5m]) / rate(seconds_count[5m]))', below: 1}}",
    "error_ratio": "{queries: {error_ratio: 'sum(rate(bad_total[$window])) / sum(rate(seconds_count[$window]))'}}",
    "counts": "{queries: {bad: 'sum(increase(bad_total[$window]))', total: 'sum(increase(seconds_count[$window]))'}}",
    "latency": "{latency: {histogram: seconds, threshold: 1}}",
}


@pytest.mark.parametrize("sli", IDLE.values(), ids=IDLE)
def test_idle_is_not_absent_but_gone_is(sli: str) -> None:
    names = ['seconds_bucket{le="1.0"}', 'seconds_bucket{le="+Inf"}', "seconds_count", "seconds_sum", "bad_total"]
    series = dict.fromkeys(names, "0x240 stale _x300")
    left = "slo:error_budget_remaining:ratio"
    slo = slo_file(f"sli: {sli}\nalerting: {{absence: {{for: 15m}}}}", objective=95)
    played = play(slo, series, {ABSENT: [HOUR - 300, 2 * HOUR], left: [HOUR - 300]}, every=300)
    assert played.value(ABSENT, HOUR - 300) is None
    assert played.value(ABSENT, 2 * HOUR) == 1
    assert played.value(left, HOUR - 300) == 1
