"""Each team hears of its own services' alerts, by the channels of their severity, as the environment says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slostack import promtool
from slostack.config import Topology
from slostack.config.alertmanager import alertmanager_config, alertmanager_files
from slostack.errors import SlostackError
from slostack.routed import channels, receivers, routes
from slostack.settings import Settings, parse_settings
from slostack.spec import Service, parse_service
from slostack.teams import parse_teams
from tests.unit.config.conftest import CONFIG, SHOP

TEAMS = parse_teams("""
teams:
  platform: {email: [platform@acme.example], slack: {channel: "#platform"}}
  sales:
    email: [sales@acme.example, lead@acme.example]
    slack: {channel: "#sales", url: sales}
    pagerduty: sales
    sms: sales
    business_hours: {time_zone: Europe/Berlin}
    escalation: {email: [senior@acme.example], pagerduty: senior}
  idle: {email: [idle@acme.example], pagerduty: idle}
""")
ALERTS = """
alerts:
  - {name: Unreachable, expr: up == 0, severity: critical, summary: Down, runbook: shop/down.md, renotify: 45m}
  - {name: Slow, expr: up > 2, severity: low, summary: Slow, runbook: shop/down.md, renotify: 2h}
"""
RECEIVERS = {
    "email": {"sender": "slo@example.com", "smarthost": "mail:587"},
    "slack": {},
    "pagerduty": {"url": "https://events.eu.pagerduty.com/v2/enqueue"},
    "sms": {"gateway": "sms.example:443"},
}


@pytest.fixture
def settings() -> Settings:
    return parse_settings({**CONFIG, "receivers": RECEIVERS}, "test")


@pytest.fixture
def services() -> tuple[Service, ...]:
    quiet = SHOP.replace("service: shop", "service: kiosk").replace("job: shop", "job: kiosk")
    return (
        parse_service(SHOP + ALERTS, "shop.yaml"),
        parse_service(quiet + "notify: {pagerduty: off, slack: off}\n", "kiosk.yaml"),
    )


@pytest.fixture
def config(services: tuple[Service, ...], settings: Settings, topology: Topology) -> dict[str, Any]:
    return alertmanager_config(services, settings, topology, TEAMS)


def hears(config: dict[str, Any], **labels: str) -> tuple[str, str]:
    """The one receiver of an alert, and where it sends."""
    (name,) = receivers(config, {"alertname": "X", **labels})
    return name, channels(config, name).replace(", webhook http://receiver:9095/alerts", "")


SALES = "email sales@acme.example, lead@acme.example"


@pytest.mark.parametrize(
    ("labels", "receiver", "where"),
    [
        ({"team": "sales", "severity": "critical"}, "sales-critical", f"{SALES}, Slack #sales, PagerDuty, SMS"),
        ({"team": "sales", "severity": "high"}, "sales-high", f"{SALES}, Slack #sales"),
        ({"team": "sales", "severity": "medium"}, "sales-medium", f"{SALES}, Slack #sales"),
        ({"team": "sales", "severity": "low"}, "sales-low", SALES),
        ({"team": "sales", "severity": "low", "notice": "true"}, "sales-notice", f"{SALES}, Slack #sales"),
        ({"team": "sales"}, "sales-medium", f"{SALES}, Slack #sales"),
        (
            {"team": "sales", "severity": "critical", "escalation": "2"},
            "sales-escalation",
            "email senior@acme.example, PagerDuty",
        ),
        (
            {"team": "sales", "severity": "critical", "escalation": "2", "service": "kiosk"},
            "sales-escalation-without-pagerduty",
            "email senior@acme.example",
        ),
        (
            {"team": "sales", "severity": "critical", "service": "kiosk"},
            "sales-critical-without-slack-pagerduty",
            f"{SALES}, SMS",
        ),
        ({"team": "sales", "severity": "high", "service": "kiosk"}, "sales-high-without-slack", SALES),
        ({"team": "sales", "severity": "low", "service": "kiosk"}, "sales-low", SALES),
        ({"severity": "critical"}, "platform-critical", "email platform@acme.example, Slack #platform, PagerDuty, SMS"),
        ({"team": "nobodys", "severity": "low"}, "platform-low", "email platform@acme.example"),
        ({"severity": "critical", "escalation": "2"}, "nobody", "nobody"),
    ],
    ids=str,
)
def test_who_hears(config: dict[str, Any], labels: dict[str, str], receiver: str, where: str) -> None:
    assert hears(config, **labels) == (receiver, where)


def test_amtool_accepts_it(
    services: tuple[Service, ...], settings: Settings, topology: Topology, tmp_path: Path
) -> None:
    for name, text in alertmanager_files(services, settings, topology, TEAMS).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    promtool.check_alertmanager_config(tmp_path / "alertmanager/alertmanager.yml")


def route_of(config: dict[str, Any], **labels: str) -> dict[str, Any]:
    """The one route that takes an alert."""
    (route,) = routes(config, {"alertname": "X", **labels})
    return route


def test_an_alert_may_ask_to_be_told_again_sooner_or_later(config: dict[str, Any]) -> None:
    for severity, renotify, expected in (("critical", "45m", "44m30s"), ("low", "2h", "1h59m30s")):
        labels = {"team": "sales", "severity": severity, "renotify": renotify}
        assert route_of(config, **labels, service="shop")["repeat_interval"] == expected
        assert route_of(config, **labels, service="kiosk")["repeat_interval"] == expected
        assert hears(config, **labels, service="shop")[0] == f"sales-{severity}"
    assert route_of(config, team="sales", severity="critical")["repeat_interval"] == "29m30s"


def test_low_alerts_wait_for_business_hours_and_nothing_else_does(config: dict[str, Any]) -> None:
    (times,) = config["time_intervals"]
    (interval,) = times["time_intervals"]
    assert interval["times"] == [{"start_time": "09:00", "end_time": "17:00"}]
    assert interval["weekdays"] == ["monday", "tuesday", "wednesday", "thursday", "friday"]
    assert interval["location"] == "Europe/Berlin"
    wait = {"active_time_intervals": ["sales-business-hours"]}
    for labels, expected in (
        ({"severity": "low"}, wait),
        ({"severity": "low", "renotify": "2h"}, wait),
        ({"severity": "low", "service": "kiosk"}, wait),
        ({"severity": "low", "notice": "true"}, {}),
        ({"severity": "medium"}, {}),
        ({"severity": "critical"}, {}),
    ):
        found = route_of(config, team="sales", **labels)
        assert {key: value for key, value in found.items() if key == "active_time_intervals"} == expected


def test_a_team_without_a_service_in_the_stack_is_none_of_it(config: dict[str, Any]) -> None:
    assert hears(config, team="idle", severity="high")[0] == "platform-high"
    assert "idle" not in str(config)


def test_a_stack_may_have_one_place_for_all_teams(services: tuple[Service, ...], topology: Topology) -> None:
    one = {**RECEIVERS, "email": {**RECEIVERS["email"], "to": "all@acme.example"}, "slack": {"channel": "#all"}}
    del one["pagerduty"], one["sms"]
    config = alertmanager_config(services, parse_settings({**CONFIG, "receivers": one}, "test"), topology, TEAMS)
    assert hears(config, team="sales", severity="critical")[1] == "email all@acme.example, Slack #all"
    assert hears(config, team="sales", severity="critical", escalation="2")[1] == "email all@acme.example"


def test_where_only_webhooks_hear_nothing_waits(services: tuple[Service, ...], topology: Topology) -> None:
    config = alertmanager_config(services, parse_settings({**CONFIG, "receivers": {}}, "test"), topology, TEAMS)
    assert "time_intervals" not in config
    assert "active_time_intervals" not in route_of(config, team="sales", severity="low")


@pytest.mark.parametrize(("key", "field"), [("email", "to"), ("slack", "channel")])
def test_without_teams_the_stack_has_to_say_where_to(key: str, field: str, topology: Topology) -> None:
    settings = parse_settings({**CONFIG, "receivers": {key: RECEIVERS[key]}}, "test")
    with pytest.raises(SlostackError, match=rf"^stacks/Pulumi.test.yaml: slostack:receivers.{key} has no `{field}`"):
        alertmanager_config((), settings, topology)


def test_keys_are_read_from_files_of_their_name(config: dict[str, Any], topology: Topology) -> None:
    found = {receiver["name"]: receiver for receiver in config["receivers"]}
    secrets = topology.alertmanager.secrets
    (page,), (slack,) = found["sales-critical"]["pagerduty_configs"], found["sales-critical"]["slack_configs"]
    assert page["routing_key_file"] == f"{secrets}/pagerduty-key-sales"
    assert page["url"] == "https://events.eu.pagerduty.com/v2/enqueue"
    assert slack["api_url_file"] == f"{secrets}/slack-url-sales"
    assert {"url_file": f"{secrets}/sms-url-sales", "send_resolved": True} in found["sales-critical"]["webhook_configs"]
    (page,) = found["platform-critical"]["pagerduty_configs"]
    assert page["routing_key_file"] == f"{secrets}/pagerduty-key"
