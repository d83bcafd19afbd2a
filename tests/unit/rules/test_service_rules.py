"""Which rules an SLO file gives."""

from __future__ import annotations

import promql_parser
import pytest

from slostack import names
from slostack.rules import AlertingRule, RecordingRule, render_rules, render_stack_rules, service_groups
from slostack.rules.budget import windows
from slostack.rules.service import alert_groups
from slostack.spec import Duration, Service, parse_service

FILE = """
service: api
description: An API
team: {team}
scrape: [{{job: api, interval: {interval}, timeout: {timeout}}}]
slos:
  - name: success
    description: {description}
    objective: {objective}
    sli: {sli}
    alerting: {alerting}
    runbook: api/burn.md
"""
SLIS = {
    "bad": "{events: {bad: 'requests_total{code=~\"5..\"}', total: requests_total}}",
    "good": "{events: {good: 'requests_total{code!~\"5..\"}', total: requests_total}}",
    "latency": "{latency: {histogram: request_seconds, threshold: 0.2}}",
    "queries": "{queries: {bad: 'sum(increase(a[$window]))', total: 'sum(increase(b[$window]))'}}",
    "outage": "{events: {bad: errors_total, total: requests_total}, up: 'up{job=\"api\"}'}",
}


DEFAULTS = {
    "team": "web",
    "interval": "15s",
    "timeout": "10s",
    "description": "Requests succeed",
    "objective": "99.9",
    "sli": SLIS["bad"],
    "alerting": "{}",
}


def service(**changes: str) -> Service:
    return parse_service(FILE.format(**{**DEFAULTS, **changes}), "api.yaml")


def recorded(service: Service) -> dict[str, str]:
    return {
        rule.record: rule.expr
        for group in service_groups(service)
        for rule in group.rules
        if isinstance(rule, RecordingRule)
    }


def burn_alerts(service: Service) -> dict[str, AlertingRule]:
    return {
        rule.labels[names.TIER]: rule
        for group in service_groups(service)
        for rule in group.rules
        if isinstance(rule, AlertingRule)
    }


@pytest.mark.parametrize("sli", SLIS.values(), ids=SLIS)
def test_every_expression_parses(sli: str) -> None:
    for group in service_groups(service(sli=sli)):
        for rule in group.rules:
            promql_parser.parse(rule.expr)


@pytest.mark.parametrize("sli", SLIS.values(), ids=SLIS)
def test_every_window_is_recorded_once(sli: str) -> None:
    api = service(sli=sli)
    series = [rule.record for g in service_groups(api) for rule in g.rules if isinstance(rule, RecordingRule)]
    assert len(series) == len(set(series))
    assert {names.error_ratio(window) for window in windows(api.slos[0])} <= set(series)


@pytest.mark.parametrize("change", [{"team": "core"}, {"description": "Other words"}, {"alerting": "{page: high}"}])
def test_what_people_edit_changes_no_recorded_series(change: dict[str, str]) -> None:
    def identities(api: Service) -> set[tuple[object, ...]]:
        return {
            (rule.record, rule.expr, tuple(group.labels.items()))
            for group in service_groups(api)
            for rule in group.rules
            if isinstance(rule, RecordingRule) and rule.record != names.INFO
        }

    assert identities(service()) == identities(service(**change))


def test_long_windows_read_the_tier_and_never_raw_series() -> None:
    for name, expr in recorded(service()).items():
        if name.startswith("slo:error_ratio:tier"):
            assert "requests_total" not in expr


def test_the_tier_is_evaluated_every_five_minutes_and_the_rest_every_thirty_seconds() -> None:
    intervals = {group.name.split("/")[0]: group.interval for group in service_groups(service())}
    assert intervals == {"tier": Duration(300), "slo": Duration(30)}


def test_errors_are_recorded_before_all_events() -> None:
    order = list(recorded(service()))
    assert order.index(names.BAD_EVENTS) < order.index(names.EVENTS)


def test_the_offset_exceeds_the_scrape_timeout() -> None:
    assert "offset 25s" in recorded(service(interval="30s", timeout="20s"))[names.EVENTS]


def test_an_outage_counts_only_where_up_is_named() -> None:
    assert names.OUTAGE_EVENTS not in recorded(service())
    with_up = recorded(service(sli=SLIS["outage"]))
    assert names.OUTAGE_EVENTS in with_up[names.BAD_EVENTS]
    assert names.OUTAGE_EVENTS in with_up[names.EVENTS]


def test_a_latency_bound_matches_however_it_is_written() -> None:
    expr = recorded(service(sli="{latency: {histogram: request_seconds, threshold: 60s}}"))[
        names.error_ratio(Duration(300))
    ]
    assert 'le=~"60|60[.]0"' in expr


def test_tiers_follow_the_policy_and_severities_the_file() -> None:
    alerts = burn_alerts(service(alerting="{page: high, ticket: low}"))
    assert {tier: alert.labels[names.SEVERITY] for tier, alert in alerts.items()} == {
        "page-5m": "high",
        "page-1h": "high",
        "page-6h": "high",
        "ticket-1d": "low",
        "ticket-3d": "low",
    }


def test_a_kind_of_alert_can_be_switched_off() -> None:
    assert set(burn_alerts(service(alerting="{page: none}"))) == {"ticket-1d", "ticket-3d"}


def test_an_optional_tier_that_a_low_objective_puts_out_of_reach_is_left_out() -> None:
    assert "page-5m" not in burn_alerts(service(objective="95"))
    assert "page-1h" in burn_alerts(service(objective="95"))


def test_alerts_carry_links_that_no_environment_is_in() -> None:
    for alert in burn_alerts(service()).values():
        assert alert.annotations["runbook_url"] == "https://runbooks.invalid/api/burn.md"
        assert alert.annotations["dashboard_url"].startswith("https://grafana.invalid/d/slo-api?viewPanel=")


def test_the_files_say_that_they_are_generated_and_from_what() -> None:
    assert render_rules(service()).startswith("# Generated by `slostack render` from slos/api.yaml;")
    assert render_stack_rules().startswith("# Generated by `slostack render` from")


def test_pages_and_tickets_have_labels_of_their_own() -> None:
    keys = "{}\n    labels: {to: all, key: k}\n    page_labels: {key: pager}\n    ticket_labels: {channel: c}"
    of = service(alerting=f"{keys}\n    annotations: {{log_search: 'https://logs.example'}}")
    alerts = burn_alerts(of)
    own = {tier: {label: alerts[tier].labels.get(label) for label in ("to", "key", "channel")} for tier in alerts}
    assert own["page-1h"] == {"to": "all", "key": "pager", "channel": None}
    assert own["ticket-3d"] == {"to": "all", "key": "k", "channel": "c"}
    assert {alert.annotations["log_search"] for alert in alerts.values()} == {"https://logs.example"}


@pytest.mark.parametrize(
    ("expr", "asks"),
    [
        ("absent(up{job='api'})", True),
        ("max(up) == 0 or absent_over_time(up[5m])", True),
        ("(sum(rate(requests_total[5m])) or vector(0)) < 1", True),
        ("vector(scalar(max(jobs))) > 3", True),
        ("time() - max(backup_timestamp_seconds) > 86400", False),
        ("max(jobs) > scalar(max(most_jobs))", False),
        ("rate(errors_total[5m]) > 1 unless maintenance", False),
    ],
)
def test_what_may_ask_for_absence_waits_for_a_prometheus_that_stores(expr: str, asks: bool) -> None:
    alert = f'{{name: A, expr: "{expr}", severity: low, summary: s, runbook: api/a.md}}'
    api = parse_service(f"{FILE.format(**DEFAULTS)}alerts: [{alert}]", "api.yaml")
    stored = '\nand on () slo:stored:bool{service="api"}'
    (rule,) = (rule for group in alert_groups(api) for rule in group.rules if isinstance(rule, AlertingRule))
    assert rule.expr == (f"(\n{expr}\n){stored}" if asks else expr)
    assert (names.STORED in recorded(api)) == asks


def test_an_slos_absence_waits_for_a_prometheus_that_stores() -> None:
    api = service(alerting="{absence: {}}")
    rules = [rule for group in service_groups(api) for rule in group.rules]
    (absence,) = (rule for rule in rules if isinstance(rule, AlertingRule) and rule.alert == names.ABSENCE_ALERT)
    of = '{service="api",slo="success"}'
    assert absence.expr == f"(\nabsent(slo:events:rate5m{of})\n)\nand on () slo:info{of}"
