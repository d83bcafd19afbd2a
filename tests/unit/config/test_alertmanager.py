from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from slostack import names, plain_yaml, promtool
from slostack.config import Topology, config_files
from slostack.config.alertmanager import DEAD_MANS_SWITCH
from slostack.config.routes import NOBODY, PACES, SEVERITIES
from slostack.rules import AlertingRule
from slostack.rules.stack import stack_groups
from slostack.settings import Settings, parse_settings
from slostack.spec import Service, parse_service, shipped_policies
from tests.unit.config.conftest import CONFIG, SHOP

FILE = "alertmanager/alertmanager.yml"
Services = tuple[Service, ...]


def write(services: Services, settings: Settings, topology: Topology, folder: Path) -> Path:
    for name, text in config_files(services, settings, topology).items():
        if name.startswith("alertmanager/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    return folder / FILE


def receivers(services: Services, settings: Settings, topology: Topology) -> dict[str, Any]:
    document = plain_yaml.load(config_files(services, settings, topology)[FILE])
    return {receiver["name"]: set(receiver) - {"name"} for receiver in document["receivers"]}


def test_amtool_accepts_it(services: Services, settings: Settings, topology: Topology, tmp_path: Path) -> None:
    promtool.check_alertmanager_config(write(services, settings, topology, tmp_path))


def test_amtool_accepts_that_nobody_is_notified(
    services: Services, quiet_settings: Settings, topology: Topology, tmp_path: Path
) -> None:
    topology = replace(topology, notifications=None)
    promtool.check_alertmanager_config(write(services, quiet_settings, topology, tmp_path))
    assert receivers(services, quiet_settings, topology) == {
        name: set() for name in (DEAD_MANS_SWITCH, NOBODY, "notice", *SEVERITIES)
    }


def test_incidents_of_several_clusters_and_environments_are_told_apart(
    services: Services, settings: Settings, topology: Topology
) -> None:
    """PagerDuty knows an incident by its route and by what it is grouped by."""
    route = plain_yaml.load(config_files(services, settings, topology)[FILE])["route"]
    assert route["group_by"] == ["service", "alertname", "slo", "environment", "cluster"]


@pytest.mark.parametrize("severity", SEVERITIES)
def test_each_severity_reaches_its_receiver(
    severity: str, services: Services, settings: Settings, topology: Topology, tmp_path: Path
) -> None:
    file = write(services, settings, topology, tmp_path)
    assert promtool.route_test(file, {"alertname": "X", "severity": severity}) == (severity,)


@pytest.mark.parametrize("labels", [{"alertname": "X"}, {"alertname": "X", "severity": "odd"}])
def test_an_alert_of_no_known_severity_is_not_lost(
    labels: dict[str, str], services: Services, settings: Settings, topology: Topology, tmp_path: Path
) -> None:
    file = write(services, settings, topology, tmp_path)
    assert promtool.route_test(file, labels) == ("medium",)


def test_the_watchdog_reaches_the_dead_mans_switch_alone_every_minute(
    services: Services, settings: Settings, topology: Topology, tmp_path: Path
) -> None:
    file = write(services, settings, topology, tmp_path)
    (group,) = stack_groups()
    for rule in group.rules:
        assert isinstance(rule, AlertingRule)
        nobodys = {names.WATCHDOG: DEAD_MANS_SWITCH, "StillFiring": NOBODY}
        expected = nobodys.get(rule.alert, rule.labels["severity"])
        assert promtool.route_test(file, {"alertname": rule.alert, **group.labels, **rule.labels}) == (expected,)
    teams_own = {"alertname": names.WATCHDOG, "service": "shop", "severity": "high"}
    assert promtool.route_test(file, teams_own) == ("high",)
    document = plain_yaml.load(file.read_text())
    (route,) = (route for route in document["route"]["routes"] if route["receiver"] == DEAD_MANS_SWITCH)
    assert (route["group_wait"], route["group_interval"], route["repeat_interval"]) == ("0s", "1m", "50s")
    (receiver,) = (receiver for receiver in document["receivers"] if receiver["name"] == DEAD_MANS_SWITCH)
    assert [config["send_resolved"] for config in receiver["webhook_configs"]] == [False]


def test_text_messages_are_sent_for_critical_alerts_alone(
    services: Services, settings: Settings, topology: Topology
) -> None:
    document = plain_yaml.load(config_files(services, settings, topology)[FILE])
    url_file = f"{topology.alertmanager.secrets}/sms-url"
    hear = [each["name"] for each in document["receivers"] if url_file in _url_files(each)]
    assert hear == ["critical"]


def _url_files(receiver: dict[str, Any]) -> list[str | None]:
    return [webhook.get("url_file") for webhook in receiver.get("webhook_configs", ())]


def test_channels_by_severity(services: Services, settings: Settings, topology: Topology) -> None:
    email, slack, pagerduty, webhook = "email_configs", "slack_configs", "pagerduty_configs", "webhook_configs"
    assert receivers(services, settings, topology) == {
        "critical": {email, slack, pagerduty, webhook},
        "high": {email, slack, webhook},
        "medium": {email, slack, webhook},
        "low": {email, webhook},
        "notice": {email, slack, webhook},
        NOBODY: set(),
        DEAD_MANS_SWITCH: {webhook},
    }


def test_pagerduty_can_be_switched_off(services: Services, topology: Topology) -> None:
    config = {**CONFIG, "receivers": {"pagerduty": {"enabled": False}}}
    assert receivers(services, parse_settings(config, "test"), topology)["critical"] == {"webhook_configs"}


def test_the_receiver_on_this_machine_hears_everything(
    services: Services, quiet_settings: Settings, topology: Topology
) -> None:
    document = plain_yaml.load(config_files(services, quiet_settings, topology)[FILE])
    *silent, notice, critical, high, medium, low = document["receivers"]
    assert silent == [{"name": DEAD_MANS_SWITCH}, {"name": NOBODY}]
    for receiver in (notice, critical, high, medium, low):
        assert receiver["webhook_configs"] == [{"url": "http://receiver:9095/alerts", "send_resolved": True}]


def test_every_channel_tells_recoveries(services: Services, settings: Settings, topology: Topology) -> None:
    document = plain_yaml.load(config_files(services, settings, topology)[FILE])
    channels = [
        channel
        for receiver in document["receivers"]
        if receiver["name"] != DEAD_MANS_SWITCH
        for kind, configs in receiver.items()
        if kind != "name"
        for channel in configs
    ]
    assert len(channels) == 5 + 4 + 1 + 2 * 5 + 1
    assert all(channel["send_resolved"] for channel in channels)


def test_secrets_are_read_from_files(services: Services, settings: Settings, topology: Topology) -> None:
    text = config_files(services, settings, topology)[FILE]
    for option, name in (
        ("auth_password_file", "smtp-password"),
        ("api_url_file", "slack-url"),
        ("routing_key_file", "pagerduty-key"),
        ("url_file", "sms-url"),
        ("url_file", "dead-mans-switch-url"),
    ):
        assert f"{option}: {topology.alertmanager.secrets}/{name}" in text


def test_the_more_urgent_the_sooner() -> None:
    paces = [PACES[severity] for severity in SEVERITIES]
    for sooner, later in pairwise(paces):
        assert sooner.wait < later.wait
        assert sooner.interval < later.interval
        assert sooner.repeat <= later.repeat
    assert PACES["critical"].wait.seconds == 10
    assert PACES["critical"].repeat.seconds == 30 * 60


def inhibited(rules: list[dict[str, Any]], source: str, target: str) -> bool:
    """Whether an alert of one tier silences another tier's, as Alertmanager matches them (anchored)."""
    return any(
        f'tier="{source}"' in rule["source_matchers"]
        and any(target in m.removeprefix('tier=~"').rstrip('"').split("|") for m in rule["target_matchers"])
        for rule in rules
    )


def test_a_tier_silences_exactly_the_less_urgent_ones(
    services: Services, settings: Settings, topology: Topology
) -> None:
    rules = plain_yaml.load(config_files(services, settings, topology)[FILE])["inhibit_rules"]
    tiers = [tier.name for tier in shipped_policies()["google"].tiers]
    for urgency, source in enumerate(tiers):
        for other, target in enumerate(tiers):
            assert inhibited(rules, source, target) == (urgency < other)
    for rule in rules:
        assert rule["equal"] == ["service", "slo", "environment", "cluster"]
        assert 'alertname="ErrorBudgetBurn"' in rule["source_matchers"]
        assert 'alertname="ErrorBudgetBurn"' in rule["target_matchers"]


def test_two_services_of_a_policy_need_its_inhibitions_once(settings: Settings, topology: Topology) -> None:
    one = (parse_service(SHOP, "shop.yaml"),)
    two = (*one, parse_service(SHOP.replace("shop", "shop-two"), "shop-two.yaml"))
    assert config_files(one, settings, topology)[FILE] == config_files(two, settings, topology)[FILE]


def inhibit_rules(text: str, settings: Settings, topology: Topology) -> list[dict[str, Any]]:
    """The inhibitions of a stack with one service."""
    files = config_files((parse_service(text, "shop.yaml"),), settings, topology)
    rules: list[dict[str, Any]] = plain_yaml.load(files[FILE])["inhibit_rules"]
    return rules


@pytest.mark.parametrize("window", ["1h", "1d", "7d", "month", "90d"])
def test_the_tiers_of_any_window_are_silenced_by_the_more_urgent_ones(
    settings: Settings, topology: Topology, window: str
) -> None:
    text = SHOP.replace("objective: 99.9\n", f"objective: 99.9\n    window: {window}\n")
    (slo,) = parse_service(text, "shop.yaml").slos
    rules = inhibit_rules(text, settings, topology)
    tiers = [tier.name for tier in slo.tiers]
    assert len(tiers) > 1
    for urgency, source in enumerate(tiers):
        for other, target in enumerate(tiers):
            assert inhibited(rules, source, target) == (urgency < other)


def test_label_sets_are_silenced_apart(settings: Settings, topology: Topology, tmp_path: Path) -> None:
    text = SHOP.replace("objective: 99.9\n", "objective: 99.9\n    group_by: [route, region]\n")
    for rule in inhibit_rules(text, settings, topology):
        assert rule["equal"] == ["service", "slo", "environment", "cluster", "region", "route"]
    promtool.check_alertmanager_config(write((parse_service(text, "shop.yaml"),), settings, topology, tmp_path))


def test_causes_silence_nothing_in_alertmanager_which_would_silence_recoveries_too(
    settings: Settings, topology: Topology
) -> None:
    rules = inhibit_rules(SHOP + "signals: {up: {}, http: {}}\n", settings, topology)
    assert {rule["source_matchers"][0] for rule in rules} == {'alertname="ErrorBudgetBurn"'}
    assert {rule["target_matchers"][0] for rule in rules} == {'alertname="ErrorBudgetBurn"'}
