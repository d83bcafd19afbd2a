"""Every alert of every service reaches exactly its receivers in every environment, as amtool tells them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from slostack import names, plain_yaml, promtool
from slostack.config import Place, Topology
from slostack.config.alertmanager import DEAD_MANS_SWITCH, alertmanager_files
from slostack.routed import HERE, channels, receivers
from slostack.rules import AlertingRule
from slostack.rules.service import service_groups
from slostack.rules.stack import stack_groups
from slostack.settings import load_settings, stack_names
from slostack.spec import Service, load_services
from slostack.teams import load_teams
from tests.components.program import ROOT

Labels = dict[str, str]
NOBODY, LOCAL = "nobody", "slostack notifications"
ALL_MAIL, ALL_SLACK = "email observability-staging@acme.example", "Slack #alerts-staging"
MAIL = {
    "learnsnap": "email learnsnap-oncall@acme.example",
    "postfacta": "email postfacta-oncall@acme.example",
    "stolen-tee": "email stolen-tee-oncall@acme.example",
    "junkos": "email junkos-primary@acme.example, junkos-backup@acme.example",
    "platform": "email oncall@acme.example",
}
SLACK = {
    "learnsnap": "Slack #learnsnap-alerts",
    "postfacta": "Slack #postfacta-alerts",
    "stolen-tee": "Slack #stolen-tee-alerts",
    "junkos": "Slack #junkos-alerts",
    "platform": "Slack #alerts",
}
SECOND_LEVEL = {
    "learnsnap": "email learnsnap-senior@acme.example, PagerDuty",
    "postfacta": "email postfacta-senior@acme.example, PagerDuty",
    "stolen-tee": "email stolen-tee-senior@acme.example, SMS",
    "junkos": "email junkos-senior@acme.example, PagerDuty",
    "platform": "email platform-senior@acme.example, PagerDuty",
}
QUIET: dict[str, set[str]] = {"stolen-tee": {"PagerDuty"}}
"""What is off for a service."""


def told(environment: str, labels: Labels) -> str:
    """Who is to hear of an alert, by hand."""
    team, severity = labels[names.TEAM], labels[names.SEVERITY]
    if labels["alertname"] == names.WATCHDOG:
        return "the dead man's switch" if environment in ("staging", "prod") else NOBODY
    if names.ESCALATION in labels:
        return {"prod": SECOND_LEVEL[team], "staging": ALL_MAIL, "local": LOCAL, "dev": NOBODY}[environment]
    if environment in ("local", "dev"):
        return {"local": LOCAL, "dev": NOBODY}[environment]
    mail, slack = (MAIL[team], SLACK[team]) if environment == "prod" else (ALL_MAIL, ALL_SLACK)
    found = [mail]
    if severity != "low" or names.NOTICE in labels:
        found.append(slack)
    if severity == "critical" and environment == "prod":
        found += [channel for channel in ("PagerDuty", "SMS") if channel not in QUIET.get(labels[names.SERVICE], set())]
    return ", ".join(found)


@cache
def services() -> tuple[Service, ...]:
    return load_services(ROOT)


@cache
def alerts() -> tuple[Labels, ...]:
    """The labels of every alert of every service and of the stack, as far as they are known before it fires; and of
    what escalates the critical ones."""
    return tuple(_alerts())


def _alerts() -> Iterator[Labels]:
    for group in (*(group for service in services() for group in service_groups(service)), *stack_groups()):
        for rule in group.rules:
            if isinstance(rule, AlertingRule) and names.ESCALATION not in rule.labels:
                labels = {"alertname": rule.alert, **group.labels, **rule.labels}
                yield labels
                if labels[names.SEVERITY] == "critical":
                    yield {**labels, "alertname": "StillFiring", names.SEVERITY: "none", names.ESCALATION: "2"}


@cache
def config_of(environment: str) -> dict[str, Any]:
    settings = load_settings(ROOT, environment)
    here = HERE if settings.delivery == "local" else None
    place = Place("", ("",), "", "", "")
    topology = Topology(place, place, place, "", notifications=here)
    files = alertmanager_files(services(), settings, topology, load_teams(ROOT))
    config: dict[str, Any] = plain_yaml.load(files["alertmanager/alertmanager.yml"])
    return config


def test_every_environment_is_known() -> None:
    assert set(stack_names(ROOT)) == {"local", "dev", "staging", "prod"}


@pytest.mark.parametrize("environment", stack_names(ROOT))
def test_every_alert_reaches_exactly_those_who_should_hear_of_it(environment: str) -> None:
    config = config_of(environment)
    assert len(alerts()) > 30
    for labels in alerts():
        (name,) = receivers(config, labels)
        assert (labels, channels(config, name)) == (labels, told(environment, labels))
        if name not in (DEAD_MANS_SWITCH, NOBODY):
            assert name.startswith(f"{labels[names.TEAM]}-")


@pytest.mark.parametrize("environment", stack_names(ROOT))
def test_amtool_says_so_too(environment: str, tmp_path: Path) -> None:
    config = config_of(environment)
    file = tmp_path / "alertmanager.yml"
    file.write_text(plain_yaml.dump({**config, "templates": []}))
    asked_for = set(re.findall(r"(\w+)(?:=~|!~|!=|=)", " ".join(matchers(config["route"]))))
    different = {tuple(sorted((k, v) for k, v in labels.items() if k in asked_for)): labels for labels in alerts()}
    for labels in different.values():
        assert (labels, promtool.route_test(file, labels)) == (labels, receivers(config, labels))


def matchers(route: dict[str, Any]) -> Iterator[str]:
    yield from route.get("matchers", ())
    for child in route.get("routes", ()):
        yield from matchers(child)
