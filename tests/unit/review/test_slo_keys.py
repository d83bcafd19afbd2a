"""Every key of an SLO is shown in words when it changes, and its own alerts by when they fire."""

from __future__ import annotations

import pytest

from slostack.review import Change, Detail
from tests.unit.review.conftest import MIXED, Repository
from tests.unit.spec.files import SLI

RUNBOOK = "    runbook: api/burn.md\nalerts"
ALERTING = "{policy: google, page: critical, ticket: medium}"


@pytest.mark.parametrize(
    ("old", "new", "details"),
    [
        (
            RUNBOOK,
            f"    group_by: [route, region]\n    group_limit: 5\n{RUNBOOK}",
            (
                Detail("group_by", None, "route, region", "its history and budgets start anew", is_risk=True),
                Detail("group_limit", None, "5"),
            ),
        ),
        (
            RUNBOOK,
            f"    error_budget_policy: {{warn_below: 30, freeze_below: none}}\n{RUNBOOK}",
            (Detail("error_budget_policy", None, "warn below 30 %, freeze never", "for slostack gate"),),
        ),
        (
            RUNBOOK,
            f"    labels: {{tribe: web, journey: pay}}\n{RUNBOOK}",
            (Detail("labels", None, "journey=pay, tribe=web", "on its alerts and slo:info"),),
        ),
        (
            RUNBOOK,
            f"    page_labels: {{key: a}}\n    ticket_labels: {{key: b}}\n    annotations: {{log: x}}\n{RUNBOOK}",
            (
                Detail("page_labels", None, "key=a", "on its pages"),
                Detail("ticket_labels", None, "key=b", "on its tickets"),
                Detail("annotations", None, "log=x", "on its alerts"),
            ),
        ),
        (
            RUNBOOK,
            f"    maintenance: [{{cron: 0 2 * * SUN, duration: 120m}}, {{cron: 30 4 1 * *, duration: 1h}}]\n{RUNBOOK}",
            (Detail("maintenance", None, "0 2 * * SUN for 2h, 30 4 1 * * for 1h", "UTC"),),
        ),
        (ALERTING, "{least_failures: 3}", (Detail("least_failures", None, "3"),)),
        (ALERTING, "{absence: {for: 15m}}", (Detail("absence", None, "for 15m, severity high"),)),
        (ALERTING, "{spent: {share: 50}}", (Detail("spent", None, "share 50, severity medium"),)),
        (
            "window: 30d",
            "window: quarter",
            (Detail("window", "30d", "quarter", "43.2 min of budget in 30d → 130 min of budget in a quarter"),),
        ),
        (
            SLI,
            """{uptime: 'probe_success{job="api/health"}'}""",
            (
                Detail("uptime", None, 'probe_success{job="api/health"}'),
                Detail("events bad", 'e{job="api"}', None),
                Detail("events total", 'r{job="api"}', None),
                MIXED,
            ),
        ),
        (
            "bad: 'e{job=\"api\"}', total: 'r{job=\"api\"}'}",
            "bad: 'e{job=\"api\"}', total: 'r{job=\"api\"}'}, up: up",
            (Detail("up", None, "up"), MIXED),
        ),
    ],
    ids=[
        "group_by",
        "error_budget_policy",
        "labels",
        "labels by kind",
        "maintenance",
        "least_failures",
        "absence",
        "spent",
        "calendar",
        "uptime",
        "up",
    ],
)
def test_a_key_is_shown_as_it_is_written(
    repository: Repository, old: str, new: str, details: tuple[Detail, ...]
) -> None:
    repository.edit(old, new)
    assert repository.section("SLOs") == (Change("changed", "availability", details),)


@pytest.mark.parametrize(
    ("sli", "fields"),
    [
        (
            "{latency: {histogram: h, threshold: 0.5, buckets: [0.5, 1]}}",
            {"latency histogram": "h", "latency threshold": "0.5s", "latency buckets": "0.5, 1"},
        ),
        (
            "{latency: {native_histogram: h, threshold: 60}}",
            {"latency native_histogram": "h", "latency threshold": "60s"},
        ),
        (
            "{slices: {length: 10m, quantile: 0.95, histogram: h, below: 0.2}}",
            {"slices length": "10m", "slices quantile": "0.95", "slices histogram": "h", "slices below": "0.2"},
        ),
        (
            "{slices: {value: 'max(max_over_time(d[$window]))', at_most: 3}}",
            {"slices length": "5m", "slices value": "max(max_over_time(d[$window]))", "slices at_most": "3"},
        ),
        (
            """{logs: {bad: '{a="b"} |= "e"', total: '{a="b"}'}}""",
            {"logs bad": '{a="b"} |= "e"', "logs total": '{a="b"}'},
        ),
        ("{queries: {error_ratio: 'avg_over_time(x[$window])'}}", {"queries error_ratio": "avg_over_time(x[$window])"}),
    ],
)
def test_a_kind_of_sli_is_shown_by_its_fields(repository: Repository, sli: str, fields: dict[str, str]) -> None:
    repository.edit(SLI, sli)
    (slo,) = repository.section("SLOs")
    assert {detail.field: detail.after for detail in slo.details if detail.after} == fields


def test_a_limit_of_slices_is_shown_before_and_after(repository: Repository) -> None:
    repository.edit(SLI, "{slices: {quantile: 0.95, histogram: h, below: 0.2}}")
    repository.commit()
    repository.edit("below: 0.2", "below: 0.25")
    assert repository.section("SLOs") == (
        Change("changed", "availability", (Detail("slices below", "0.2", "0.25"), MIXED)),
    )


def test_an_slos_other_alerts_are_said_by_when_they_fire(repository: Repository) -> None:
    repository.edit(ALERTING, "{absence: {}, spent: {}}")
    assert repository.section("Alerts") == (
        Change(
            "added",
            "ErrorBudgetSpent availability",
            (Detail("fires", None, "when 100 % of the budget are spent"), Detail("severity", None, "medium")),
        ),
        Change(
            "added",
            "SLIAbsent availability",
            (Detail("fires", None, "after 10m without series"), Detail("severity", None, "high")),
        ),
    )
    repository.commit()
    repository.edit("{absence: {}, spent: {}}", "{absence: {severity: low}, spent: {share: 75.5}}")
    assert repository.section("Alerts") == (
        Change(
            "changed",
            "ErrorBudgetSpent availability",
            (Detail("fires", "when 100 % of the budget are spent", "when 75.5 % of the budget are spent"),),
        ),
        Change("changed", "SLIAbsent availability", (Detail("severity", "high", "low"),)),
    )
    repository.commit()
    repository.edit("{absence: {severity: low}, spent: {share: 75.5}}", "{}")
    assert [(change.kind, *change.names) for change in repository.section("Alerts")] == [
        ("removed", "ErrorBudgetSpent availability", "SLIAbsent availability")
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [("team: core", "team: web"), ("It answers", "It does"), (RUNBOOK, f"    labels: {{journey: pay}}\n{RUNBOOK}")],
)
def test_the_texts_and_labels_of_an_slos_alerts_are_not_said_again(repository: Repository, old: str, new: str) -> None:
    repository.edit(ALERTING, "{absence: {}, spent: {}}")
    repository.commit()
    repository.edit(old, new)
    assert repository.section("Alerts") == ()


def test_a_least_number_of_failures_is_said_of_every_tier(repository: Repository) -> None:
    repository.edit(ALERTING, "{ticket: none, least_failures: 3}")
    repository.commit()
    repository.edit("least_failures: 3", "least_failures: 5")
    assert repository.section("Alerts") == (
        Change(
            "changed",
            "page-5m",
            (Detail("needs", "at least 3 bad events", "at least 5 bad events"),),
            "ErrorBudgetBurn availability",
            ("page-1h", "page-6h"),
        ),
    )


def test_a_new_slo_is_shown_with_all_that_it_asks_for(repository: Repository) -> None:
    second = """\
  - name: errors
    description: Few errors
    objective: 99
    window: month
    group_by: [route]
    labels: {journey: pay}
    sli: {uptime: 'up{job="api"}'}
    alerting: {page: none, spent: {}, least_failures: 2}
    runbook: api/burn.md
alerts:
"""
    repository.edit("alerts:\n", second)
    (slo,) = repository.section("SLOs")
    assert slo.details == (
        Detail("objective", None, "99 %", "432 min of budget in a month"),
        Detail("uptime", None, 'up{job="api"}'),
        Detail("group_by", None, "route"),
        Detail("group_limit", None, "20"),
        Detail("labels", None, "journey=pay"),
        Detail("page", None, "none"),
        Detail("ticket", None, "medium"),
        Detail("least_failures", None, "2"),
        Detail("spent", None, "share 100, severity medium"),
        Detail("runbook", None, "api/burn.md"),
    )


def test_the_policy_of_the_service_is_the_services(repository: Repository) -> None:
    repository.edit("team: core", "team: core\nerror_budget_policy: {freeze_below: 10}")
    detail = Detail(
        "error_budget_policy",
        "warn below 25 %, freeze below 0 %",
        "warn below 25 %, freeze below 10 %",
        "for slostack gate",
    )
    assert repository.section("Service") == (Change("changed", "api", (detail,)),)
