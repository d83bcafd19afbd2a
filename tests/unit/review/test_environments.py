"""What an edit means for each stack: who gets it, what its settings change, who hears of which alert."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slostack import plain_yaml, promtool
from slostack.errors import SlostackError
from slostack.review import Change, Detail, as_json
from slostack.routed import channels, receivers
from tests.unit.review.conftest import Repository

PROD = """\
config:
  slostack:environment: prod
  slostack:delivery: kubernetes
  slostack:urls: {grafana: "https://g.example", prometheus: "https://p.example", alertmanager: "https://a.example",
    runbooks: "https://r.example"}
  slostack:services: {api: {targets: ["api:80"]}}
  slostack:receivers:
    email: {to: a@acme.example, sender: b@acme.example, smarthost: "smtp.acme.example:587"}
    slack: {channel: "#alerts"}
    pagerduty: {enabled: true}
    sms: {gateway: "sms.acme.example:443"}
  slostack:kubernetes: {context: prod}
"""
LOCAL = """\
config:
  slostack:environment: local
  slostack:delivery: local
"""
PATH = "stacks/Pulumi.prod.yaml"


@pytest.fixture
def stacks(repository: Repository) -> Repository:
    """Production and the stack on this machine, committed."""
    repository.write(PATH, PROD)
    repository.write("stacks/Pulumi.local.yaml", LOCAL)
    repository.commit()
    return repository


def told(stacks: Repository) -> list[str]:
    """What is said of who is notified, line by line."""
    lines = stacks.lines()
    return lines[lines.index("Who is notified") + 1 :] if "Who is notified" in lines else []


def test_where_an_alert_goes_whose_severity_changes(stacks: Repository) -> None:
    stacks.edit("for: 1m, severity: critical", "for: 1m, severity: low")
    assert told(stacks) == [
        "~ prod / api / Down: email a@acme.example, Slack #alerts, PagerDuty, SMS → email a@acme.example"
    ]


def test_the_tiers_of_an_slo_are_told_together_and_long_values_on_lines_of_their_own(stacks: Repository) -> None:
    stacks.edit("page: critical", "page: high")
    stacks.edit("a@acme.example", "a-rather-long-address@acme.example", PATH)
    stacks.commit()
    stacks.edit("page: high", "page: critical")
    lines = stacks.lines()
    assert lines[lines.index("Who is notified") + 1 :] == [
        "~ prod / api / ErrorBudgetBurn availability page-5m, page-1h, page-6h",
        "email a-rather-long-address@acme.example, Slack #alerts",
        "→ email a-rather-long-address@acme.example, Slack #alerts, PagerDuty, SMS",
    ]


def test_where_added_alerts_go_said_once_for_several_stacks(stacks: Repository) -> None:
    stacks.write("stacks/Pulumi.demo.yaml", LOCAL.replace("environment: local", "environment: demo"))
    stacks.commit()
    stacks.edit("policy: google, page: critical", "policy: google, page: critical, absence: {for: 5m, severity: high}")
    assert told(stacks) == [
        "+ demo, local / api / SLIAbsent availability: slostack notifications",
        "+ prod / api / SLIAbsent availability: email a@acme.example, Slack #alerts",
    ]


def test_a_stack_that_gets_another_service(stacks: Repository) -> None:
    web = (stacks.root / "slos/api.yaml").read_text(encoding="utf-8").replace("api", "web")
    stacks.write("slos/web.yaml", web)
    stacks.write("runbooks/web/burn.md", "# Burn\n")
    stacks.commit()
    stacks.edit("services: {api:", "services: {web:", PATH)
    assert stacks.review().touched == (("prod", ("api", "web", PATH, "notifications")),)
    assert told(stacks) == [
        "+ prod / web / all critical alerts: email a@acme.example, Slack #alerts, PagerDuty, SMS",
        "+ prod / web / all medium alerts: email a@acme.example, Slack #alerts",
        "- prod / api / all alerts",
    ]


def test_a_service_that_leaves_the_project_leaves_no_stack(stacks: Repository) -> None:
    stacks.write("slos/web.yaml", (stacks.root / "slos/api.yaml").read_text(encoding="utf-8").replace("api", "web"))
    stacks.write("runbooks/web/burn.md", "# Burn\n")
    stacks.edit("services: {api:", 'services: {web: {targets: ["web:80"]}, api:', PATH)
    stacks.commit()
    (stacks.root / "slos/web.yaml").unlink()
    stacks.edit('web: {targets: ["web:80"]}, ', "", PATH)
    assert told(stacks) == []


def test_a_stack_gets_the_services_that_it_watches_and_all_hand_written_files(stacks: Repository) -> None:
    stacks.edit("services: {api:", "services: {web:", PATH)
    stacks.commit()
    stacks.edit("objective: 99.9", "objective: 99.5")
    stacks.write("dashboards/custom/own.json", '{"panels": []}')
    assert stacks.review().touched == (
        ("local", ("api", "dashboards/custom/own.json")),
        ("prod", ("dashboards/custom/own.json",)),
    )


def test_settings_and_who_hears_of_a_severity(stacks: Repository) -> None:
    stacks.edit("#alerts", "#ops", PATH)
    stacks.edit("environment: prod", "environment: prod\n  slostack:loki: {storage: 9Gi}", PATH)
    (settings,) = stacks.section("Settings", PATH)
    assert (settings.kind, settings.name) == ("changed", "loki.storage")
    assert told(stacks) == [
        "~ prod / all critical alerts",
        "email a@acme.example, Slack #alerts, PagerDuty, SMS → email a@acme.example, Slack #ops, PagerDuty, SMS",
        "~ prod / all high and medium alerts, notices",
        "email a@acme.example, Slack #alerts → email a@acme.example, Slack #ops",
    ]
    assert stacks.review().touched == (("prod", (PATH, "notifications")),)


def test_stacks_that_come_go_or_cannot_be_read(stacks: Repository) -> None:
    stacks.write("stacks/Pulumi.dev.yaml", LOCAL.replace("environment: local", "environment: dev"))
    (stacks.root / PATH).unlink()
    assert [(part.title, part.kind) for part in stacks.review().parts] == [
        ("stacks/Pulumi.dev.yaml", "added"),
        (PATH, "removed"),
    ]
    stacks.write(PATH, "config: {slostack:nonsense: 1}")
    with pytest.raises(SlostackError, match=r"^stacks/Pulumi\.prod\.yaml:"):
        stacks.review()
    stacks.commit()
    stacks.write(PATH, PROD)
    (note,) = stacks.review().notes
    assert note.startswith(f"{PATH} of ")


TREE = """
route:
  receiver: rest
  routes:
    - matchers: ['team="db"', 'severity=~"critical|high"']
      receiver: dba
      continue: true
    - matchers: [severity="critical"]
      routes:
        - {matchers: ['service!~"api.*"', 'env!="dev"'], receiver: pager}
    - {matchers: ["odd=''"], receiver: odd}
receivers: [{name: rest}, {name: dba}, {name: pager}, {name: odd}]
"""


@pytest.mark.parametrize(
    "labels",
    [
        {"severity": "critical"},
        {"severity": "critical", "team": "db"},
        {"severity": "critical", "service": "api-2"},
        {"severity": "critical", "env": "dev"},
        {"severity": "low", "odd": "x"},
        {"severity": "low"},
        {"severity": "highest", "team": "db", "odd": "x"},
    ],
)
def test_routes_are_matched_as_alertmanager_does(labels: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yml"
    file.write_text(TREE.replace("odd=''", 'odd=\\"\\"'), encoding="utf-8")
    config = plain_yaml.load(file.read_text(encoding="utf-8"))
    assert receivers(config, labels) == promtool.route_test(file, labels)
    assert channels(config, "rest") == "nobody"


TEAMS = """\
teams:
  platform: {email: [p@acme.example]}
  core: {email: [a@acme.example], business_hours: {}, escalation: {email: [b@acme.example]}}
"""


@pytest.fixture
def teams(stacks: Repository) -> Repository:
    """Teams with addresses of their own, of which one has the service, committed."""
    stacks.write("teams.yaml", TEAMS)
    stacks.edit("to: a@acme.example, ", "", PATH)
    stacks.edit("slack: {channel", "webhook: {host: 'w.example:443'}\n    slack: {channel", PATH)
    stacks.commit()
    return stacks


def test_who_hears_in_a_team_whose_address_changes(teams: Repository) -> None:
    teams.edit("a@acme.example", "c@acme.example", "teams.yaml")
    assert told(teams) == [
        "~ prod / all critical alerts of core",
        "email a@acme.example, Slack #alerts, PagerDuty, a webhook, SMS",
        "→ email c@acme.example, Slack #alerts, PagerDuty, a webhook, SMS",
        "~ prod / all high and medium alerts, notices of core",
        "email a@acme.example, Slack #alerts, a webhook → email c@acme.example, Slack #alerts, a webhook",
        "~ prod / all low alerts of core: email a@acme.example, a webhook → email c@acme.example, a webhook",
    ]
    assert teams.review().touched == (("prod", ("notifications",)),)
    assert json.loads(as_json(teams.review()))["stacks"] == {"prod": ["notifications"]}


def test_a_service_that_keeps_a_channel_off_hears_by_the_others_of_its_team(teams: Repository) -> None:
    teams.edit("team: core", "team: core\nnotify: {pagerduty: false}")
    assert told(teams)[0] == "~ prod / api / all critical alerts"
    teams.commit()
    teams.edit("a@acme.example", "c@acme.example", "teams.yaml")
    lines = told(teams)
    assert lines[lines.index("~ prod / api / all critical alerts") :] == [
        "~ prod / api / all critical alerts",
        "email a@acme.example, Slack #alerts, a webhook, SMS → email c@acme.example, Slack #alerts, a webhook, SMS",
    ]


def test_a_service_of_another_team(teams: Repository) -> None:
    teams.edit("team: core", "team: platform")
    assert told(teams) == [
        "~ local / api / all escalations: slostack notifications → nobody",
        "~ prod / api / all critical alerts",
        "email a@acme.example, Slack #alerts, PagerDuty, a webhook, SMS",
        "→ email p@acme.example, Slack #alerts, PagerDuty, a webhook, SMS",
        "~ prod / api / all medium alerts",
        "email a@acme.example, Slack #alerts, a webhook → email p@acme.example, Slack #alerts, a webhook",
        "~ prod / api / all escalations: email b@acme.example, a webhook → nobody",
    ]


def test_nobody_else_hears_of_a_team_under_another_name(teams: Repository) -> None:
    teams.edit("  core:", "  heart:", "teams.yaml")
    teams.edit("team: core", "team: heart")
    assert [part.title for part in teams.review().parts] == ["api", "teams.yaml"]
    assert teams.section("Teams", "teams.yaml") == (Change("changed", "core", (Detail("renamed to heart"),)),)
    teams.edit("#alerts", "#ops", PATH)
    assert [line for line in told(teams) if line.startswith("~")] == [
        "~ prod / all critical alerts of heart",
        "~ prod / all high and medium alerts, notices of heart",
        "~ prod / all critical alerts of platform",
        "~ prod / all high and medium alerts, notices of platform",
    ]


def test_what_no_route_says_of_a_team(teams: Repository) -> None:
    teams.edit("business_hours: {}", "business_hours: {hours: 08:00-12:00}", "teams.yaml")
    teams.edit("  core:", "  new: {email: [n@acme.example]}\n  core:", "teams.yaml")
    assert teams.lines() == [
        "teams.yaml",
        "Teams",
        "+ new: email n@acme.example",
        "~ core: business_hours.hours 09:00-17:00 → 08:00-12:00",
    ]
    assert {titles for _, titles in teams.review().touched} == {("teams.yaml",)}
    teams.commit()
    teams.write("teams.yaml", TEAMS)
    assert teams.lines()[2:] == ["~ core: business_hours.hours 08:00-12:00 → 09:00-17:00", "- new"]


def test_teams_that_cannot_be_read_any_more_count_as_absent(stacks: Repository) -> None:
    stacks.write("teams.yaml", TEAMS.replace("business_hours", "hours_of_business"))
    stacks.commit()
    stacks.write("teams.yaml", TEAMS)
    (note,) = stacks.review().notes
    assert "teams.yaml of " in note
    assert "hours_of_business: unknown key" in note
