"""What an edit means for each stack: who gets it, what its settings change, who hears of which alert."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack import plain_yaml, promtool
from slostack.errors import SlostackError
from slostack.review import Change, Detail
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


def told(stacks: Repository, stack: str) -> tuple[Change, ...]:
    """What is said of who is notified in a stack."""
    return tuple(change for change in stacks.section("Who is notified", "notifications") if change.group == stack)


def test_where_an_alert_goes_whose_severity_changes(stacks: Repository) -> None:
    stacks.edit("for: 1m, severity: critical", "for: 1m, severity: low")
    assert told(stacks, "prod") == (
        Change(
            "changed",
            "api Down",
            (
                Detail(
                    "",
                    "critical: email a@acme.example, Slack #alerts, PagerDuty, SMS",
                    "low: email a@acme.example",
                ),
            ),
            "prod",
        ),
    )
    (local,) = told(stacks, "local")
    assert local.details == (Detail("", "critical: slostack notifications", "low: slostack notifications"),)


def test_where_added_alerts_go(stacks: Repository) -> None:
    stacks.edit("policy: google, page: critical", "policy: google, page: critical, absence: {for: 5m, severity: high}")
    (added,) = told(stacks, "prod")
    assert (added.kind, added.names) == ("added", ("api SLIAbsent availability",))
    assert added.details == (Detail("", None, "high: email a@acme.example, Slack #alerts"),)


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
    changes = told(stacks, "prod")
    told_of = {name: change for change in changes for name in change.names}
    assert set(told_of) == {f"all {severity} alerts" for severity in ("critical", "high", "medium", "notice")}
    assert told_of["all critical alerts"].details == (
        Detail(
            "",
            "email a@acme.example, Slack #alerts, PagerDuty, SMS",
            "email a@acme.example, Slack #ops, PagerDuty, SMS",
        ),
    )


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


TEAMS = "teams: {platform: {email: [p@acme.example]}, core: {email: [a@acme.example], business_hours: {}}}"


def test_who_hears_in_a_team_whose_address_changes(stacks: Repository) -> None:
    stacks.write("teams.yaml", TEAMS)
    stacks.edit("to: a@acme.example, ", "", PATH)
    stacks.commit()
    stacks.edit("a@acme.example", "b@acme.example", "teams.yaml")
    changes = {name: change.details for change in told(stacks, "prod") for name in change.names}
    assert set(changes) == {f"all core-{kind} alerts" for kind in ("critical", "high", "medium", "low", "notice")}
    assert changes["all core-low alerts"] == (Detail("", "email a@acme.example", "email b@acme.example"),)


def test_teams_that_cannot_be_read_any_more_count_as_absent(stacks: Repository) -> None:
    stacks.write("teams.yaml", TEAMS.replace("business_hours", "hours_of_business"))
    stacks.commit()
    stacks.write("teams.yaml", TEAMS)
    (note,) = stacks.review().notes
    assert "teams.yaml of " in note
    assert "hours_of_business: unknown key" in note
