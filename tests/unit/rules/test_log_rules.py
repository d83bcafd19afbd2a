"""What Loki counts for an SLO from logs, and how Prometheus reads it."""

from __future__ import annotations

from slostack import names, plain_yaml
from slostack.rules import RecordingRule, log_groups, render_log_rules, service_groups
from slostack.rules.logs import AGE, DELIVERY
from slostack.spec import Service, parse_service

FILE = """
service: api
description: An API
team: web
slos:
  - name: answered
    description: Requests are answered
    objective: 99.9
    {more}
    sli:
      {sli}
    runbook: a.md
"""
LOGS = """logs: {bad: '{service="api"} | json | status >= 500', total: '{service="api"}'}"""
EVENTS = "events: {bad: bad_total, total: all_total}"


def service(more: str = "window: 30d", sli: str = LOGS) -> Service:
    return parse_service(FILE.replace("{more}", more).replace("{sli}", sli), "api.yaml")


def test_the_lines_of_each_minute_are_counted_all_before_the_bad_ones() -> None:
    assert plain_yaml.load(render_log_rules(service()) or "") == {
        "groups": [
            {
                "name": "logs/api/answered",
                "interval": "1m",
                "rules": [
                    {
                        "record": "slo:log_events:count1m",
                        "expr": (
                            'sum(count_over_time(\n{service="api"}\n| __error__=""\n[1m] offset 30s))\nor vector(0)'
                        ),
                        "labels": {"service": "api", "slo": "answered"},
                    },
                    {
                        "record": "slo:log_bad_events:count1m",
                        "expr": (
                            'sum(count_over_time(\n{service="api"} | json | status >= 500\n| __error__=""\n'
                            "[1m] offset 30s))\nor vector(0)"
                        ),
                        "labels": {"service": "api", "slo": "answered"},
                    },
                ],
            }
        ]
    }


def test_label_sets_are_counted_apart_and_only_while_they_have_lines() -> None:
    (group,) = log_groups(service("group_by: [route, method]"))
    for rule in group.rules:
        assert rule.expr.startswith("sum by (route, method) (count_over_time(\n")
        assert "vector" not in rule.expr


def test_a_comment_that_ends_a_query_hides_nothing_of_the_rule() -> None:
    commented = """logs: {bad: '{service="api"} |= "x" # bad', total: '{service="api"}'}"""
    (group,) = log_groups(service(sli=commented))
    line = next(line for line in group.rules[1].expr.splitlines() if "# bad" in line)
    assert line == '{service="api"} |= "x" # bad'


def test_a_service_without_slos_from_logs_has_no_rules_of_loki() -> None:
    assert log_groups(service(sli=EVENTS)) == ()
    assert render_log_rules(service(sli=EVENTS)) is None


def test_what_loki_records_is_what_prometheus_reads() -> None:
    read = " ".join(rule.expr for group in service_groups(service()) for rule in group.rules)
    for rule in log_groups(service())[0].rules:
        assert isinstance(rule, RecordingRule)
        identity = names.identity(rule.labels["service"], rule.labels["slo"])
        assert f"sum_over_time({rule.record}{{{identity}}}[5m])" in read


def recorded(more: str = "window: 30d") -> dict[str, str]:
    """The expressions of what Prometheus records, by name."""
    rules = [rule for group in service_groups(service(more)) for rule in group.rules]
    return {rule.record: rule.expr for rule in rules if isinstance(rule, RecordingRule)}


def test_counts_are_read_once_they_have_arrived() -> None:
    assert DELIVERY.seconds >= 90
    lines = f"{names.LOG_BAD_EVENTS}{{{names.identity('api', 'answered')}}}"
    assert f"sum_over_time({lines}[5m] offset {DELIVERY})" in recorded()[names.BAD_EVENTS]


def test_maintenance_reaches_as_far_as_the_lines_of_a_count_are_old() -> None:
    rules = recorded("maintenance: [{cron: '0 2 * * *', duration: 2h}]")
    assert AGE.seconds == 90
    assert "[2h6m30s:1h]" in rules[names.error_ratio(names.TIER_INTERVAL)], "2h and 5m and the age"
    assert "[2h8m:1h]" in rules[names.BAD_EVENTS], "2h, 5m, the delivery and the age"


def test_lines_are_counted_for_alerts_too() -> None:
    counts = """
log_counts:
  - {name: logins, query: '{job="api"} |= "failed"', by: [address], window: 10m, at_least: 3}
  - {name: all, query: '{job="api"}'}
"""
    text = FILE.replace("{more}", "window: 30d").replace("{sli}", EVENTS) + counts
    (group,) = log_groups(parse_service(text, "api.yaml"))
    logins, every = group.rules
    assert isinstance(logins, RecordingRule)
    assert isinstance(every, RecordingRule)
    assert logins.record == "log:lines:count"
    assert logins.labels == {"service": "api", "count": "logins"}
    assert " ".join(logins.expr.split()) == (
        'sum by (address) (count_over_time( {job="api"} |= "failed" | __error__="" [10m] offset 30s)) >= 3'
    )
    assert every.expr.startswith("sum (count_over_time(")
    assert every.expr.endswith("[5m] offset 30s)) >= 1")
