"""What answers the rows of the audits: the alerts as they are built, their fixtures, receivers, runbooks and panels."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from slostack import names
from slostack.config import Place, Topology
from slostack.config.alertmanager import alertmanager_config
from slostack.routed import HERE, channels, receivers, routes
from slostack.rules import AlertingRule, service_groups
from slostack.settings import load_settings
from slostack.spec import Duration, Service, load_services
from slostack.teams import load_teams
from tests.rules.expectations import Alert, Expectation, expectations
from tests.unit.coverage.rows import Audit, Row

ROOT = Path(__file__).parents[3]
ENVIRONMENTS = ("local", "dev", "staging", "prod")
_KINDS = {"email_configs": "email", "slack_configs": "Slack", "pagerduty_configs": "PagerDuty"}


@dataclass(frozen=True)
class Answer:
    """An alert that answers a row, or the tiers of an SLO that are of one severity; `row` is None beyond an audit."""

    row: Row | None
    service: str
    rules: tuple[AlertingRule, ...]
    labels: dict[str, str]

    @property
    def severity(self) -> str:
        """Its severity, or notice."""
        return "notice" if names.NOTICE in self.labels else self.labels[names.SEVERITY]

    @property
    def slo(self) -> str | None:
        """The SLO that it belongs to."""
        return self.labels.get(names.SLO)

    @property
    def runbook(self) -> str:
        """Its runbook below runbooks/: the one that the row asks for, or its own."""
        return (self.row and self.row.runbook) or self.own_runbook

    @property
    def own_runbook(self) -> str:
        """The runbook that the alert links to."""
        return self.rules[0].annotations["runbook_url"].split("/", 3)[3]

    @property
    def panel(self) -> str | None:
        """The title of the panel that it links to; None where its dashboard has none of that number."""
        number = re.search(r"viewPanel=(\d+)", self.rules[0].annotations["dashboard_url"])
        return panels(self.service).get(int(number[1])) if number else None

    @property
    def proofs(self) -> tuple[tuple[Expectation, Expectation], ...]:
        """For each of its rules, where one is played: fires at its time, and is silent the evaluation before."""
        found = (proof(self.service, rule, self.slo) for rule in self.rules)
        return tuple(pair for pair in found if pair)


@cache
def services() -> dict[str, Service]:
    """The project's services."""
    return {service.service: service for service in load_services(ROOT)}


@cache
def panels(service: str) -> dict[int, str]:
    """The titles of a dashboard's panels by their numbers."""
    dashboard = json.loads((ROOT / f"dashboards/{service}.json").read_text(encoding="utf-8"))
    return {panel["id"]: panel["title"] for panel in dashboard["panels"] if panel["type"] != "row"}


@cache
def alerting_rules(service: str) -> tuple[tuple[AlertingRule, dict[str, str]], ...]:
    """Every alert of a service with the labels that are known before it fires."""
    return tuple(
        (rule, {"alertname": rule.alert, **group.labels, **rule.labels})
        for group in service_groups(services()[service])
        for rule in group.rules
        if isinstance(rule, AlertingRule)
    )


def answers(service: str, row: Row) -> Iterator[Answer]:
    """What answers a row; nothing for alerts and SLOs that there aren't."""
    rules = alerting_rules(service)
    for name in row.alerts:
        yield from (Answer(row, service, (rule,), labels) for rule, labels in rules if rule.alert == name)
    for slo in row.slos:
        burns = [each for each in rules if each[0].alert == names.BURN_ALERT and each[1][names.SLO] == slo]
        for _, of_severity in groupby(burns, lambda each: each[1][names.SEVERITY]):
            tiers = list(of_severity)
            yield Answer(row, service, tuple(rule for rule, _ in tiers), tiers[0][1])


def beyond(audit: Audit) -> Iterator[Answer]:
    """The alerts of a service that no row of its audit asks for."""
    asked = {alert for rows in audit.rows.values() for row in rows for alert in row.alerts}
    for rule, labels in alerting_rules(audit.service):
        if names.SLO not in labels and rule.alert not in asked:
            yield Answer(None, audit.service, (rule,), labels)


def proof(service: str, rule: AlertingRule, slo: str | None) -> tuple[Expectation, Expectation] | None:
    """A case of a fixture in which an alert fires, and is silent just before: one evaluation, or for an SLO's tiers,
    many of which are told from counts of five minutes, some more."""
    of = Alert(ROOT / f"alert_rules/{service}.yaml", rule.alert, rule.labels.get(names.TIER))
    own = [each for each in expectations() if (each.alert, each.slo) == (of, slo)]
    pairs = (
        (fires, silent)
        for fires in own
        for silent in own
        if fires.fires
        and not silent.fires
        and (fires.fixture, fires.case) == (silent.fixture, silent.case)
        and fires.at > silent.at
        and (slo or fires.at - silent.at <= fires.evaluated)
    )
    return min(pairs, key=lambda pair: (pair[0].at - pair[1].at, pair[0].fixture, pair[0].case), default=None)


@cache
def config_of(environment: str) -> dict[str, Any]:
    """Alertmanager's config of an environment."""
    settings = load_settings(ROOT, environment)
    place = Place("", ("",), "", "", "")
    here = HERE if settings.delivery == "local" else None
    topology = Topology(place, place, place, "", notifications=here)
    return alertmanager_config(tuple(services().values()), settings, topology, load_teams(ROOT))


def receiver(environment: str, labels: dict[str, str]) -> str:
    """The receiver that an alert with these labels reaches."""
    (found,) = receivers(config_of(environment), labels)
    return found


def told(environment: str, labels: dict[str, str]) -> str:
    """By which channels, and where, an alert with these labels is told."""
    return channels(config_of(environment), receiver(environment, labels))


def kinds(environment: str, labels: dict[str, str]) -> tuple[str, ...]:
    """By which kinds of channels: email, Slack, PagerDuty, SMS."""
    name = receiver(environment, labels)
    (config,) = (each for each in config_of(environment)["receivers"] if each["name"] == name)
    found = [kind for key, kind in _KINDS.items() if config.get(key)]
    texted = any("sms-url" in each.get("url_file", "") for each in config.get("webhook_configs", ()))
    return (*found, "SMS") if texted else tuple(found)


def told_again(environment: str, labels: dict[str, str]) -> Duration:
    """After what time an alert that still fires is told again; a repetition is asked for half a minute early."""
    (route,) = routes(config_of(environment), labels)
    return Duration(Duration.parse(route["repeat_interval"]).seconds + 30)
