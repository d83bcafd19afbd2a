"""An edit of an SLO is named once, with what it means for its budget and alerts."""

from __future__ import annotations

import pytest

from slostack.review import Change, Detail
from tests.unit.review.conftest import MIXED, Repository


def test_nothing_changed(repository: Repository) -> None:
    found = repository.review()
    assert found.parts == ()
    assert found.notes == ()
    assert repository.lines() == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("expr: up == 0", "expr: 'up   ==  0'"),
        ("""{bad: 'e{job="api"}'""", """{bad: "e{ job = 'api' }\""""),
        ("for: 1m", "for: 60s"),
        ("objective: 99.9", "objective: 99.90 # three nines"),
        ("window: 30d", "window: 720h"),
        ("alerting: {policy: google, page: critical, ticket: medium}", "alerting: {}"),
        ("runbook: api/burn.md", "runbook: ./api//burn.md"),
    ],
)
def test_what_is_only_written_otherwise_is_no_change(repository: Repository, old: str, new: str) -> None:
    repository.edit(old, new)
    assert repository.lines() == []


def test_an_objective_is_shown_in_minutes_of_budget_and_by_what_fires_when(repository: Repository) -> None:
    repository.edit("objective: 99.9", "objective: 99.5")
    assert repository.lines() == [
        "api",
        "SLOs",
        "~ availability: objective 99.9 % → 99.5 % (43.2 min → 216 min of budget in 30d)",
        "Alerts",
        "~ ErrorBudgetBurn availability / page-5m: fires above 3.6 % errors → 18 % errors",
        "~ ErrorBudgetBurn availability / page-1h: fires above 1.44 % errors → 7.2 % errors",
        "~ ErrorBudgetBurn availability / page-6h: fires above 0.6 % errors → 3 % errors",
        "~ ErrorBudgetBurn availability / ticket-1d: fires above 0.3 % errors → 1.5 % errors",
        "~ ErrorBudgetBurn availability / ticket-3d: fires above 0.1 % errors → 0.5 % errors",
        "Recording rules",
        "~ tier/api/availability / slo:error_budget_remaining:ratio:tier: expr",
        "~ slo/api/availability / slo:burn_rate:rate2m, slo:burn_rate:rate5m, slo:burn_rate:rate30m, "
        "slo:burn_rate:rate1h, slo:burn_rate:rate2h, slo:burn_rate:rate6h, slo:burn_rate:rate1d, slo:burn_rate:rate3d, "
        "slo:burn_rate:rate30d, slo:objective:ratio, slo:error_budget:ratio, slo:page_over:bool",
        "expr",
        "Dashboard panels",
        "~ Errors and latency / Errors: availability: thresholds orange from 0.1 % → orange from 0.5 %",
    ]


def test_a_tier_that_can_no_longer_be_reached_goes(repository: Repository) -> None:
    repository.edit("objective: 99.9", "objective: 95")
    assert Change("removed", "page-5m", (), "ErrorBudgetBurn availability") in repository.section("Alerts")
    (slo,) = repository.section("SLOs")
    assert slo.details == (Detail("objective", "99.9 %", "95 %", "43.2 min → 2,160 min of budget in 30d"),)


def test_a_window_is_shown_with_both_budgets(repository: Repository) -> None:
    repository.edit("window: 30d", "window: 7d")
    (slo,) = repository.section("SLOs")
    assert slo.details == (Detail("window", "30d", "7d", "43.2 min of budget in 30d → 10.1 min of budget in 7d"),)
    rules = {(change.kind, name) for change in repository.section("Recording rules") for name in change.names}
    assert rules >= {("added", "slo:error_ratio:rate7d"), ("removed", "slo:error_ratio:rate30d")}
    tiers = {(change.kind, name) for change in repository.section("Alerts") for name in change.names}
    assert tiers >= {("removed", "page-1h"), ("added", "page-15m")}


def test_objective_and_window_together_name_the_budget_once(repository: Repository) -> None:
    repository.edit("objective: 99.9\n    window: 30d", "objective: 99\n    window: 28d")
    (slo,) = repository.section("SLOs")
    assert slo.details == (
        Detail("objective", "99.9 %", "99 %", "43.2 min of budget in 30d → 403 min of budget in 28d"),
        Detail("window", "30d", "28d"),
    )


def test_an_sli_is_shown_by_its_selectors_and_the_rules_that_read_them(repository: Repository) -> None:
    repository.edit("""bad: 'e{job="api"}'""", """bad: 'e{job="api",code="500"}'""")
    assert repository.section("SLOs") == (
        Change("changed", "availability", (Detail("events bad", 'e{job="api"}', 'e{job="api",code="500"}'), MIXED)),
    )
    assert repository.section("Alerts") == ()
    changed = {(change.group, *change.names) for change in repository.section("Recording rules")}
    assert changed == {
        ("tier/api/availability", "slo:bad_events:count5m"),
        (
            "slo/api/availability",
            *(f"slo:error_ratio:rate{window}" for window in ("2m", "5m", "30m", "1h")),
        ),
    }


def test_another_kind_of_sli(repository: Repository) -> None:
    repository.edit(
        "{events: {bad: 'e{job=\"api\"}', total: 'r{job=\"api\"}'}}", "{latency: {histogram: h, threshold: 60s}}"
    )
    (slo,) = repository.section("SLOs")
    assert slo.details == (
        Detail("latency histogram", None, "h"),
        Detail("latency threshold", None, "60s"),
        Detail("events bad", 'e{job="api"}', None),
        Detail("events total", 'r{job="api"}', None),
        MIXED,
    )


def test_severities_and_runbook(repository: Repository) -> None:
    repository.write("runbooks/api/other.md", "# Other\n")
    repository.edit("page: critical", "page: high")
    repository.edit("runbook: api/burn.md", "runbook: api/other.md")
    assert repository.section("SLOs") == (
        Change(
            "changed",
            "availability",
            (Detail("page", "critical", "high"), Detail("runbook", "api/burn.md", "api/other.md")),
        ),
    )
    assert repository.section("Alerts") == (
        Change(
            "changed",
            "page-5m",
            (Detail("severity", "critical", "high"),),
            "ErrorBudgetBurn availability",
            ("page-1h", "page-6h"),
        ),
    )


def test_alerts_that_are_switched_off(repository: Repository) -> None:
    repository.edit("ticket: medium", "ticket: none")
    assert repository.section("Alerts") == (
        Change("removed", "ticket-1d", (), "ErrorBudgetBurn availability", ("ticket-3d",)),
    )


SECOND = """\
  - name: errors
    description: Few errors
    objective: 99
    sli: {events: {good: g, total: t}, up: up}
    alerting: {page: high, ticket: none}
    runbook: api/burn.md
alerts:
"""


def test_an_slo_that_is_added_or_removed(repository: Repository) -> None:
    repository.edit("alerts:\n", SECOND)
    assert repository.section("SLOs") == (
        Change(
            "added",
            "errors",
            (
                Detail("objective", None, "99 %", "432 min of budget in 30d"),
                Detail("events good", None, "g"),
                Detail("events total", None, "t"),
                Detail("up", None, "up"),
                Detail("page", None, "high"),
                Detail("ticket", None, "none"),
                Detail("runbook", None, "api/burn.md"),
            ),
        ),
    )
    assert repository.section("Alerts") == (
        Change(
            "added", "page-5m", (Detail("severity", None, "high"),), "ErrorBudgetBurn errors", ("page-1h", "page-6h")
        ),
    )
    groups = [(change.kind, change.name) for change in repository.section("Recording rules")]
    assert groups == [("added", "tier/api/errors"), ("added", "slo/api/errors")]
    added = [
        name for change in repository.section("Dashboard panels") if change.kind == "added" for name in change.names
    ]
    assert "Burn rate: errors" in added

    repository.commit()
    repository.edit(SECOND, "alerts:\n")
    assert repository.section("SLOs") == (
        Change(
            "removed",
            "errors",
            (
                Detail("objective", None, "99 %", "432 min of budget in 30d"),
                Detail(
                    "history ends",
                    meaning="its recorded series get no more samples: change what else reads them",
                    is_risk=True,
                ),
            ),
        ),
    )
    kinds = {change.kind for name in ("Alerts", "Recording rules") for change in repository.section(name)}
    assert kinds == {"removed"}


def test_the_service_itself(repository: Repository) -> None:
    repository.edit("team: core", "team: web")
    repository.edit("{docs: https://docs.example}", "{wiki: https://wiki.example}")
    repository.edit("interval: 15s", "interval: 30s")
    repository.edit("path: /health, ", "path: /ready, ")
    assert repository.section("Service") == (
        Change("changed", "api", (Detail("team", "core", "web", "who receives its alerts"),)),
        Change("added", "link wiki", (Detail("", None, "https://wiki.example"),)),
        Change("removed", "link docs"),
        Change(
            "changed",
            "scrape job api",
            (Detail("", "/metrics every 15s, timeout 10s", "/metrics every 30s, timeout 10s"),),
        ),
        Change(
            "changed",
            "probe health",
            (Detail("", "/health every 1m, timeout 10s", "/ready every 1m, timeout 10s"),),
        ),
    )
    assert repository.section("Alerts") == ()


def test_a_team_is_named_once_though_every_alert_carries_it(repository: Repository) -> None:
    repository.edit("team: core", "team: web")
    assert repository.lines() == ["api", "Service", "~ api: team core → web (who receives its alerts)"]


def test_a_service_that_is_added_or_removed(repository: Repository) -> None:
    text = (repository.root / "slos/api.yaml").read_text(encoding="utf-8")
    repository.write("slos/web.yaml", text.replace("service: api", "service: web").replace("{job: api,", "{job: web,"))
    added = repository.part("web")
    assert added.kind == "added"
    assert {section.title for section in added.sections} >= {"SLOs", "Alerts", "Recording rules", "Dashboard panels"}
    assert {change.kind for section in added.sections for change in section.changes} == {"added"}

    repository.commit()
    (repository.root / "slos/api.yaml").unlink()
    removed = repository.part("api")
    assert removed.kind == "removed"
    assert {change.kind for section in removed.sections for change in section.changes} == {"removed"}


def test_a_renamed_slo_is_said_so_once(repository: Repository) -> None:
    repository.edit("name: availability", "name: answers")
    assert repository.lines() == [
        "api",
        "SLOs",
        "~ availability: ⚠ renamed to answers (its history and budget start anew: keep the old name to keep them)",
    ]
    repository.edit("window: 30d", "window: 28d")
    assert [change.name for change in repository.section("SLOs")] == ["availability", "answers"]
    assert {change.kind for change in repository.section("Alerts")} == {"changed"}


def test_another_objective_under_another_name_is_another_slo(repository: Repository) -> None:
    repository.edit("name: availability", "name: answers")
    repository.edit("objective: 99.9", "objective: 99.8")
    assert [(change.kind, change.name) for change in repository.section("SLOs")] == [
        ("added", "answers"),
        ("removed", "availability"),
    ]
