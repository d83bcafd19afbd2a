"""Alerts, recording rules and hand-written rule files: what was added, removed and changed, by group and name."""

from __future__ import annotations

import pytest

from slostack.errors import SlostackError
from slostack.review import Change, Detail, as_markdown
from tests.unit.review.conftest import Repository
from tests.unit.spec.files import SLI

ALERT = "name: Down, expr: up == 0, for: 1m, severity: critical, summary: Down"
OWN = """\
groups:
- name: own
  interval: 1m
  labels: {team: core}
  rules:
  - record: own:requests:rate5m
    expr: sum(rate(requests_total[5m]))
    labels: {kind: all}
  - alert: Slow
    expr: latency > 1
    for: 60m
    labels: {severity: low}
    annotations: {summary: Slow}
"""
PATH = "alert_rules/custom/own.yaml"


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        ("expr: up == 0", "expr: up < 1", Detail("expr", "up == 0", "up < 1")),
        ("for: 1m", "for: 5m", Detail("for", "1m", "5m")),
        ("for: 1m, ", "", Detail("for", "1m", None)),
        ("severity: critical, ", "severity: low, ", Detail("severity", "critical", "low")),
        ("summary: Down", "summary: Gone", Detail("summary", "Down", "Gone")),
        ("description: It is", "description: It was", Detail("description", "It is", "It was")),
        ("It is, runbook: api/burn.md", "It is, runbook: api/new.md", Detail("runbook", "api/burn.md", "api/new.md")),
    ],
)
def test_every_field_of_an_alert(repository: Repository, old: str, new: str, detail: Detail) -> None:
    repository.write("runbooks/api/new.md", "# New\n")
    repository.edit(old, new)
    assert repository.section("Alerts") == (Change("changed", "Down", (detail,), "alerts/api"),)
    assert {section.title for section in repository.part().sections} <= {"Alerts", "Dashboard panels"}


def test_a_summary_that_is_the_description_too_is_named_once(repository: Repository) -> None:
    repository.edit("description: It is, ", "")
    repository.commit()
    repository.edit("summary: Down", "summary: Gone")
    assert repository.section("Alerts") == (
        Change("changed", "Down", (Detail("summary", "Down", "Gone"),), "alerts/api"),
    )


def test_alerts_that_are_added_and_removed(repository: Repository) -> None:
    repository.edit(ALERT, ALERT.replace("Down", "Full").replace("up == 0", "disk > 0.9"))
    assert repository.section("Alerts") == (
        Change(
            "added",
            "Full",
            (
                Detail("severity", None, "critical"),
                Detail("for", None, "1m"),
                Detail("expr", None, "disk > 0.9"),
                Detail("summary", None, "Full"),
                Detail("runbook", None, "api/burn.md"),
            ),
            "alerts/api",
        ),
        Change("removed", "Down", (), "alerts/api"),
    )


def test_of_a_long_expression_only_the_difference_is_shown(repository: Repository) -> None:
    ratio = "sum(rate(errors_total{job='api'}[5m])) / sum(rate(requests_total{job='api'}[5m]))"
    repository.edit("expr: up == 0", f'expr: "{ratio} > 0.01"')
    repository.commit()
    repository.edit("> 0.01", "> 0.05")
    (change,) = repository.section("Alerts")
    assert change.details == (Detail("expr", "… > 0.01", "… > 0.05"),)


def test_a_longer_scrape_timeout_changes_the_tier_of_every_slo(repository: Repository) -> None:
    repository.edit("timeout: 10s", "timeout: 5s")
    assert repository.section("Recording rules") == (
        Change(
            "changed",
            "slo:uncounted_since:timestamp",
            (Detail("expr"),),
            "tier/api/availability",
            ("slo:bad_events:count5m", "slo:events:count5m"),
        ),
    )


def test_what_loki_counts(repository: Repository) -> None:
    logs = """{logs: {bad: '{app="api"} |= "error"', total: '{app="api"}'}}"""
    repository.edit(SLI, logs)
    repository.commit()
    repository.edit("error", "fatal")
    assert repository.section("Recording rules") == (
        Change("changed", "slo:log_bad_events:count1m", (Detail("expr"),), "logs/api/availability"),
    )


COUNTS = """\
log_counts:
  - {name: logins, query: '{job="api"} |= "login"', by: [address], at_least: 11}
alerts:
"""


def test_counts_of_log_lines_are_shown_by_their_fields(repository: Repository) -> None:
    repository.edit("alerts:\n", COUNTS)
    assert repository.lines() == [
        "api",
        "Log counts",
        "+ logins",
        'query {job="api"} |= "login"',
        "by address",
        "window 5m",
        "at_least 11",
        "Recording rules",
        "+ logs/api / log:lines:count logins",
    ]
    repository.commit()
    other = '  - {name: errors, query: \'{job="api"} |= "error"\'}\n'
    repository.edit("log_counts:\n", f"log_counts:\n{other}")
    repository.edit("by: [address], at_least: 11", "window: 10m, at_least: 500")
    repository.edit('|= "login"', '|= "sign-in"')
    assert repository.lines() == [
        "api",
        "Log counts",
        "+ errors",
        'query {job="api"} |= "error"',
        "window 5m",
        "at_least 1",
        "~ logins",
        'query {job="api"} |= "login" → {job="api"} |= "sign-in"',
        "window 5m → 10m",
        "at_least 11 → 500",
        "by address → (none)",
        "Recording rules",
        "+ logs/api / log:lines:count errors",
        "~ logs/api / log:lines:count logins: expr",
    ]
    repository.commit()
    repository.edit(other, "")
    assert repository.lines() == [
        "api",
        "Log counts",
        "- errors",
        "Recording rules",
        "- logs/api / log:lines:count errors",
    ]


def test_a_rule_file_of_ones_own(repository: Repository) -> None:
    repository.write(PATH, OWN)
    assert repository.part(PATH).kind == "added"
    repository.commit()
    repository.edit("for: 60m", "for: 1h # the same", PATH)
    assert repository.review().parts == ()
    repository.edit("interval: 1m", "interval: 30s", PATH)
    repository.edit("{team: core}", "{team: web}", PATH)
    repository.edit("{kind: all}", "{kind: some}", PATH)
    repository.edit("requests_total[5m]", "requests_total[1m]", PATH)
    repository.edit("latency > 1", "latency > 2", PATH)
    repository.edit("{severity: low}", "{severity: high, tier: web}", PATH)
    repository.edit("{summary: Slow}", "{summary: Slow, runbook_url: 'https://wiki.example/slow'}", PATH)
    assert repository.lines() == [
        PATH,
        "Groups",
        "~ own",
        "interval 1m → 30s",
        "label team core → web",
        "Alerts",
        "+ own / Slow web",
        "severity high",
        "for 1h",
        "expr latency > 2",
        "summary Slow",
        "runbook https://wiki.example/slow",
        "- own / Slow",
        "Recording rules",
        "~ own / own:requests:rate5m",
        "expr sum(rate(requests_total[5m])) → sum(rate(requests_total[1m]))",
        "label kind all → some",
        "⚠ history ends (other labels make it another series, whose history starts now)",
    ]
    (repository.root / PATH).unlink()
    assert repository.part(PATH).kind == "removed"


def test_annotations_and_labels_of_an_alert_of_ones_own(repository: Repository) -> None:
    repository.write(PATH, OWN)
    repository.commit()
    repository.edit("{severity: low}", "{severity: high, area: web}", PATH)
    repository.edit("{summary: Slow}", "{summary: Slow, runbook_url: 'https://wiki.example/slow'}", PATH)
    assert repository.section("Alerts", PATH) == (
        Change(
            "changed",
            "Slow",
            (
                Detail("severity", "low", "high"),
                Detail("label area", None, "web"),
                Detail("runbook", None, "https://wiki.example/slow"),
            ),
            "own",
        ),
    )


def test_rules_of_the_same_name_are_told_apart_by_their_order(repository: Repository) -> None:
    again = OWN + "  - alert: Slow\n    expr: latency > 5\n    labels: {severity: high}\n"
    repository.write(PATH, again)
    repository.commit()
    repository.edit("latency > 5", "latency > 6", PATH)
    (change,) = repository.section("Alerts", PATH)
    assert (change.name, change.details) == ("Slow", (Detail("expr", "latency > 5", "latency > 6"),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("groups: [", "not YAML (while parsing a flow node"),
        ("[]", "the document: a list"),
        ("groups: {}", "groups: a mapping"),
        ("groups: [{rules: []}]", "groups.0.name: a mapping (Field required)"),
        ("groups: [{name: a, rules: [{alert: A}]}]", "groups.0.rules.0.expr: a mapping (Field required)"),
        ("", "the document: empty"),
    ],
)
def test_a_file_of_ones_own_that_is_no_rule_file(repository: Repository, text: str, said: str) -> None:
    repository.write(PATH, text)
    with pytest.raises(SlostackError) as error:
        repository.review()
    assert str(error.value).startswith(f"{PATH}: {said}")
    assert str(error.value).endswith("expected a Prometheus rule file")
    assert "\n" not in str(error.value)


def test_an_alert_that_loses_its_runbook_and_a_series_that_ends(repository: Repository) -> None:
    runbook = "{summary: Slow, runbook_url: 'https://wiki.example/slow'}"
    repository.write(PATH, OWN.replace("{summary: Slow}", runbook))
    repository.commit()
    repository.edit(runbook, "{summary: Slow}", PATH)
    repository.edit("record: own:requests:rate5m", "record: own:answers:rate5m", PATH)
    (slow,) = repository.section("Alerts", PATH)
    assert slow.details == (Detail("runbook", "https://wiki.example/slow", is_risk=True),)
    added, removed = repository.section("Recording rules", PATH)
    assert (added.kind, added.name, any(detail.is_risk for detail in added.details)) == (
        "added",
        "own:answers:rate5m",
        False,
    )
    assert (removed.kind, removed.name, removed.details[0].field) == ("removed", "own:requests:rate5m", "history ends")
    assert as_markdown(repository.review()).splitlines()[2] == (
        "**⚠ 2 risks; Alerts: 1 changed; Recording rules: 1 added, 1 removed**"
    )
