"""What is configured and seen meets a point; what is looked for in vain, isn't configured or can't be seen doesn't."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slostack.audit import words
from slostack.audit.seen import Rule, looks_back
from tests.unit.audit.example import FULL, RUNBOOK, all_there, card, category, made, point, without_series
from tests.unit.spec.files import RIGHT

AGE, DEPENDENCIES = "age of the last backup", "what it depends on is checked"


def test_what_is_there_is_met(tmp_path: Path) -> None:
    of = made(tmp_path)
    found = card(of, all_there(of))
    unmet = {(each.category, p.asks) for each in found.categories for p in each.points if p.state != "met"}
    assert {name for name, _ in unmet} == {
        "logging",
        "retry-logic",
        "graceful-degradation",
        "backups",
        "incident-response",
        "monitoring-coverage",
    }
    assert category(found, "alerting").score == category(found, "runbooks").score == 10
    assert category(found, "backups").score == 5  # neither verified nor restored
    assert found.unseen == ()
    assert found.source == "http://prometheus"


def test_without_a_prometheus_what_is_configured_counts_half_beside_what_is_seen_and_is_named(tmp_path: Path) -> None:
    of = made(tmp_path)
    seen, unseen = card(of, all_there(of)), card(of, None)
    age = point(unseen, "backups", AGE)
    assert (age.state, age.worth) == ("unseen", 0.5)
    assert ("Backups", age.asks) in unseen.unseen
    assert point(unseen, "runbooks", "each alert has a runbook").state == "met"
    assert point(unseen, "logging", "lines are structured").state == "missing"
    assert category(unseen, "health-checks").score == 0
    assert category(unseen, "runbooks").score > 0
    assert 0 < unseen.score < seen.score
    assert {cell.state for row in unseen.coverage for cell in row.cells} == {"unseen", "missing"}


def test_a_metric_that_is_absent_meets_nothing(tmp_path: Path) -> None:
    of = made(tmp_path)
    found = card(of, without_series(all_there(of), "dependency_up"))
    dependencies = point(found, "health-checks", DEPENDENCIES)
    assert (dependencies.state, dependencies.worth, dependencies.lacking) == ("absent", 0, ("DependencyDown",))
    watched = point(found, "alerting", "each alert watches something that is there")
    assert (watched.state, watched.lacking) == ("partly", ("DependencyDown",))
    (ai,) = (row for row in found.coverage if row.row == "ai-provider")
    assert [cell.state for cell in ai.cells] == ["absent"] * 3  # its panel shows other dependencies


def test_the_up_that_guards_an_alert_is_no_evidence_of_what_it_watches(tmp_path: Path) -> None:
    """A backup that was never reported: `up` is there."""
    of = made(tmp_path)
    found = card(of, without_series(all_there(of), "backup_"))
    age = point(found, "backups", AGE)
    assert (age.state, age.lacking) == ("absent", ("BackupTooOld",))
    assert "BackupNeverSeen" in point(found, "alerting", "each alert watches").lacking
    assert category(found, "backups").score == 0


def test_an_slo_without_data_and_an_empty_panel_are_named(tmp_path: Path) -> None:
    of = made(tmp_path)
    whole = all_there(of)
    found = card(of, replace(whole, slos={}, panels={**whole.panels, "Backup too old": False}))
    data = point(found, "monitoring-coverage", "each SLO has data")
    assert (data.state, data.lacking) == ("absent", ("SLO availability",))
    panels = point(found, "monitoring-coverage", "each panel shows something")
    assert (panels.state, panels.lacking) == ("partly", ("panel Backup too old",))
    assert 0.9 < panels.worth < 1


@pytest.mark.parametrize(
    ("rule", "asks"),
    [
        (Rule(healthy=True, has_runbook=False), "each alert has a runbook"),
        (Rule(healthy=False, has_runbook=True), "each rule is loaded"),
    ],
)
def test_a_rule_of_prometheus_is_held_against_what_it_should_be(tmp_path: Path, rule: Rule, asks: str) -> None:
    of = made(tmp_path)
    whole = all_there(of)
    assert whole.rules
    found = card(of, replace(whole, rules={**whole.rules, "Down": rule}))
    lacking = [p.lacking for each in found.categories for p in each.points if asks in p.asks]
    assert lacking == [("Down",)]
    unloaded = card(of, replace(whole, rules={}))
    assert point(unloaded, "alerting", "each rule is loaded").state == "absent"
    untold = card(of, replace(whole, rules=None))
    assert point(untold, "alerting", "each rule is loaded").state == "unseen"


def test_a_rule_of_the_teams_own_without_a_runbook_is_named(tmp_path: Path) -> None:
    own = tmp_path / "alert_rules/custom/own.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(
        "groups: [{name: own, rules: [{alert: Odd, expr: up == 0, labels: {service: api}},"
        "{alert: Other, expr: up == 0, labels: {service: shop}}]}]\n",
        encoding="utf-8",
    )
    assert point(card(made(tmp_path), None), "runbooks", "each alert has a runbook").lacking == ("Odd",)


def test_silence_of_the_logs_tells_nothing(tmp_path: Path) -> None:
    """Neither does a panel of lines of which there are none: it isn't empty for want of data."""
    of = made(tmp_path, FULL.replace("expr: up == 0", "expr: 'log:lines:count{service=\"api\"} > 5'"))
    whole = all_there(of)
    silent = replace(without_series(whole, "log:lines:count"), panels={**whole.panels, "Down": False})
    found = card(of, silent)
    assert point(found, "error-tracking", "types of errors").state == "unseen"
    panels = point(found, "monitoring-coverage", "each panel shows something")
    assert (panels.state, panels.lacking) == ("unseen", ("panel Down",))
    assert point(card(of, replace(silent, panels={})), "monitoring-coverage", "each panel shows").state == "partly"


def test_logs_that_nobody_has_seen_are_no_evidence_of_logging(tmp_path: Path) -> None:
    of = made(tmp_path)
    whole = all_there(of)
    assert category(card(of, whole), "logging").score == 5
    silent = without_series(whole, "log:lines:count")
    assert category(card(of, silent), "logging").score == 0
    attested = made(tmp_path, f"{FULL}attested: {{logging: {{date: 2026-11-29, link: 'https://wiki.example/x'}}}}\n")
    assert category(card(attested, silent), "logging").score == 10


def test_of_what_is_missing_in_part_only_that_is_named(tmp_path: Path) -> None:
    cover = point(card(made(tmp_path), None), "monitoring-coverage", "each part has")
    assert (cover.state, set(cover.lacking)) == (
        "partly",
        {*(f"Response times: {cell}" for cell in ("health check", "alert", "panel")), "Uptime: alert", "Uptime: panel"},
    )


def test_a_service_without_a_job_queue_is_not_asked_for_one(tmp_path: Path) -> None:
    asks = "jobs that are given up"
    assert any(asks in each.asks for each in category(card(made(tmp_path), None), "retry-logic").points)
    of = made(tmp_path, FULL.replace("{worker: none", "{job-queue: none, worker: none"))
    assert not any(asks in each.asks for each in category(card(of, None), "retry-logic").points)


PLAIN = RIGHT.replace("alerts:\n", "signals:\n  http: {runbook: api/burn.md}\nalerts:\n")


@pytest.mark.parametrize(
    ("edit", "rows"),
    [
        ("", []),
        ("coverage: {worker: {}}\n", ["worker"]),
        ("coverage: {redis: {series: [redis_up]}}\n", ["redis"]),
        ("signals_: queue: {waiting: jobs_waiting, failed: jobs_failed_total, runbook: api/burn.md}", ["job-queue"]),
        ("signals_: dependencies: {runbook: api/burn.md}", []),
    ],
)
def test_only_parts_that_something_tells_of_are_asked_for(tmp_path: Path, edit: str, rows: list[str]) -> None:
    signal = edit.removeprefix("signals_: ")
    text = PLAIN.replace("signals:\n", f"signals:\n  {signal}\n") if edit.startswith("signals_") else PLAIN + edit
    found = card(made(tmp_path, text), None)
    always = ["backend-api", "error-rates", "response-times", "uptime"]
    assert [row.row for row in found.coverage if row.row not in always] == rows
    assert len(found.coverage) + len(found.untold) == 12
    assert any("given up" in each.asks for each in category(found, "retry-logic").points) == ("job-queue" in rows)


def test_what_any_dependency_is_told_by_tells_of_those_that_are_there(tmp_path: Path) -> None:
    of = made(tmp_path, FULL.replace(", image-service: none, object-storage: none, ai-provider: {}", ""))
    whole = all_there(of)
    others = {key: not key.startswith("dependency_up") or "gemini" in key for key in whole.series}
    found = card(of, replace(whole, series=others))
    assert found.untold == ("Database", "Image service", "Object storage", "Upload endpoint")
    (ai,) = (row for row in found.coverage if row.row == "ai-provider")
    assert [cell.state for cell in ai.cells] == ["met"] * 3


def test_what_an_exporter_looks_at_is_a_part_of_the_service(tmp_path: Path) -> None:
    """By the signal that the need switches on."""
    for runbook in ("postgres", "redis"):
        shared = tmp_path / f"runbooks/shared/{runbook}.md"
        shared.parent.mkdir(parents=True, exist_ok=True)
        shared.write_text(RUNBOOK, encoding="utf-8")
    of = made(tmp_path, PLAIN + "needs: [postgres, redis]\n")
    found = card(of, all_there(of))
    states = {row.row: {cell.state for cell in row.cells} for row in found.coverage}
    assert states["database"] == states["redis"] == {"met"}
    assert point(found, "health-checks", DEPENDENCIES).state == "met"


def test_an_empty_cell_says_what_would_fill_it(tmp_path: Path) -> None:
    advice = "Uptime: add `probes` and switch the signal `probe` on, or add an SLO of the kind `uptime`"
    of = made(tmp_path)
    parts = point(card(of, all_there(of)), "monitoring-coverage", "each part has")
    assert advice in parts.next
    assert "Job queue" not in parts.next
    probe = "  up: {runbook: api/burn.md}\n  probe: {runbook: api/burn.md}\n"
    filled = made(tmp_path, FULL.replace("  up: {runbook: api/burn.md}\n", probe))
    found = card(filled, all_there(filled))
    assert [cell.state for row in found.coverage if row.row == "uptime" for cell in row.cells] == ["met"] * 3
    assert "Uptime" not in point(found, "monitoring-coverage", "each part has").next


def test_what_is_configured_and_not_there_is_not_to_be_configured(tmp_path: Path) -> None:
    of = made(tmp_path, FULL)
    whole = all_there(of)
    gone = replace(whole, series=dict.fromkeys(whole.series, False), slos=dict.fromkeys(whole.slos, False))
    found = card(of, gone)
    assert point(found, "error-tracking", "an SLO counts errors").next == "expose what it reads, or mend its selectors"
    assert "Backend API: expose what" in point(found, "monitoring-coverage", "each part has").next
    backups = category(found, "backups").points
    assert not [each.asks for each in backups if each.state == "absent" and "signal `backups` on" in each.next]


FORECAST = "Database connections will run out"


def test_a_panel_that_compares_with_a_time_before_the_first_sample_is_not_judged(tmp_path: Path) -> None:
    postgres = "  up: {runbook: api/burn.md}\n  postgres: {limit: 20, runbook: api/burn.md}\n"
    of = made(tmp_path, FULL.replace("  up: {runbook: api/burn.md}\n", postgres))
    whole = all_there(of)
    empty = replace(whole, panels={**whole.panels, FORECAST: False})
    asks = "each panel shows something"
    assert point(card(of, empty), "monitoring-coverage", asks).lacking == (f"panel {FORECAST}",)
    young = card(of, replace(empty, waiting={FORECAST: "7d"}))
    assert point(young, "monitoring-coverage", asks).state == "met"
    assert (
        words.waiting(young)
        == f"panels that compare with a time before the first sample: {FORECAST} (samples of 7d ago)"
    )
    assert {panel.title: ago for panel in of.panels if (ago := looks_back(panel))} == {
        FORECAST: "7d",
        "Backup shrunk": "1d",
    }


ERRORS = "sli: {events: {bad: 'e{job=\"api\"}', total: 'r{job=\"api\"}'}}"
UPTIME = "sli: {uptime: 'up{job=\"api\"}'}"
SIGNAL = "http: {runbook: api/burn.md}"


@pytest.mark.parametrize(
    ("sli", "http", "errors", "times"),
    [
        (ERRORS, SIGNAL, "met", "missing"),
        (UPTIME, SIGNAL, "met", "missing"),
        (UPTIME, "http: {latency: h, runbook: api/burn.md}", "met", "met"),
        (
            UPTIME,
            "http: {latency: h, runbook: api/burn.md, alerts: {HighErrorRate: off}}",
            "missing",
            "met",
        ),
        ("sli: {slices: {quantile: 0.9, histogram: h, below: 1}}", "go: {runbook: api/burn.md}", "missing", "met"),
        ("sli: {slices: {bad: b, total: t, below: 0.1}}", "go: {runbook: api/burn.md}", "met", "missing"),
        ("sli: {slices: {value: max(depth), below: 9}}", "go: {runbook: api/burn.md}", "missing", "missing"),
    ],
)
def test_errors_and_response_times_are_found_by_slos_and_by_alerts(
    tmp_path: Path, sli: str, http: str, errors: str, times: str
) -> None:
    of = made(tmp_path, FULL.replace(ERRORS, sli).replace(SIGNAL, http))
    states = {row.row: {cell.state for cell in row.cells} for row in card(of, all_there(of)).coverage}
    assert (states["error-rates"], states["response-times"]) == ({errors}, {times})


def test_a_runbook_without_a_section_is_named(tmp_path: Path) -> None:
    of = made(tmp_path)
    cut = replace(of, runbooks={"api/burn.md": of.runbooks["api/burn.md"] - {"escalation"}})
    assert point(card(cut, None), "runbooks", "each runbook has").lacking == ("api/burn.md",)


def test_parts_that_the_service_has_not_are_left_out(tmp_path: Path) -> None:
    of = made(tmp_path)
    found = card(of, all_there(of))
    assert [row.row for row in found.coverage] == [
        "backend-api",
        "database",
        "job-queue",
        "ai-provider",
        "error-rates",
        "response-times",
        "uptime",
    ]
    assert found.without == ("Worker", "Redis", "Image service", "Object storage")
    assert found.untold == ("Upload endpoint",)
    states = {row.row: [cell.state for cell in row.cells] for row in found.coverage}
    assert states["job-queue"] == states["error-rates"] == ["met"] * 3
    assert states["response-times"] == ["missing"] * 3
    assert states["uptime"] == ["met", "missing", "missing"]  # the probe is there, nothing alerts on it


def test_a_part_can_be_found_by_series_of_its_own(tmp_path: Path) -> None:
    own = FULL.replace("image-service: none", "image-service: {name: Thumbs, series: ['d{kind=\"thumbs\"}']}")
    alert = "- {name: Down, expr: up == 0,"
    for selector, state in (
        ('d{kind="thumbs"}', "met"),
        ('d{kind=~"th.*"}', "met"),
        ("sum(rate(d[5m] offset 1h))", "met"),
        ('d{kind="faces"}', "missing"),
        ("dd", "missing"),
    ):
        of = made(tmp_path, own.replace(alert, f"- {{name: Down, expr: '{selector} > 0',"))
        (row,) = (row for row in card(of, all_there(of)).coverage if row.row == "image-service")
        assert (row.title, row.alert.state, row.panel.state) == ("Thumbs", state, state), selector
