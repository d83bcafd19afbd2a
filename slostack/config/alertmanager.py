"""Alertmanager's config: who hears of what, grouped how, and what keeps quiet meanwhile."""

from __future__ import annotations

from itertools import chain
from typing import Any

from slostack import names
from slostack.config.channels import Json
from slostack.config.document import yaml_text
from slostack.config.messages import TEMPLATES
from slostack.config.recipients import DEAD_MANS_SWITCH_URL, NO_TEAMS, Recipient, recipients, secret_file
from slostack.config.routes import NOBODY, PACES, UNKNOWN_SEVERITY, Routing, name_of, pace, team_routing
from slostack.config.topology import Topology
from slostack.rules.stack_alerts.alert import STACK
from slostack.settings import Settings
from slostack.spec import Service
from slostack.teams import Teams, teams_in_use

MAINTENANCE_FLAG = "--data.maintenance-interval=10s"
"""Has Alertmanager write silences, and what it has notified of, to disk that often. By default a crash would lose those
of the last quarter of an hour."""
DEAD_MANS_SWITCH = "dead-mans-switch"
"""The receiver of the Watchdog, who hears of nothing else; nobody else hears of that."""
_WATCHDOG = [f'alertname="{names.WATCHDOG}"', f'{names.SERVICE}="{STACK}"']
_INCIDENT = [names.SERVICE, "alertname", names.SLO, *names.PLACES]
"""What tells one incident from another. PagerDuty, which may hear from several clusters and environments, knows it by
nothing else: it would take that of one for that of another, and the end of one for the end of both."""
_HEARTBEAT = {"group_by": ["alertname"], "group_wait": "0s", "group_interval": "1m", "repeat_interval": "50s"}
"""Every minute: a repetition goes out with the first group interval after its own."""


def alertmanager_files(
    services: tuple[Service, ...], settings: Settings, topology: Topology, teams: Teams = NO_TEAMS
) -> dict[str, str]:
    """alertmanager/alertmanager.yml and its templates."""
    return {
        "alertmanager/alertmanager.yml": yaml_text(alertmanager_config(services, settings, topology, teams)),
        "alertmanager/templates/slostack.tmpl": TEMPLATES,
    }


def alertmanager_config(
    services: tuple[Service, ...], settings: Settings, topology: Topology, teams: Teams = NO_TEAMS
) -> dict[str, Any]:
    """Alertmanager's config as data. Alerts go to the team that they name, else to that of the stack's own alerts."""
    in_use = teams_in_use(teams, (service.team for service in services))
    found = {each: team_routing(each, services, settings, topology) for each in recipients(settings, in_use)}
    (default,) = (each for each in found if each.is_default)
    others = [_team_route(each, routing) for each, routing in found.items() if each is not default]
    times = [time for routing in found.values() for time in routing.times]
    return {
        "global": {"resolve_timeout": "5m"},
        "templates": ["templates/*.tmpl"],
        **({"time_intervals": times} if times else {}),
        "route": {
            "receiver": name_of(default.team, UNKNOWN_SEVERITY),
            "group_by": _INCIDENT,
            **pace(PACES[UNKNOWN_SEVERITY]),
            "routes": [
                {"matchers": _WATCHDOG, "receiver": DEAD_MANS_SWITCH, **_HEARTBEAT},
                *others,
                *found[default].routes,
            ],
        },
        "inhibit_rules": _inhibitions(services),
        "receivers": [
            _dead_mans_switch(settings, topology),
            {"name": NOBODY},
            *(receiver for routing in found.values() for receiver in routing.receivers),
        ],
    }


def _team_route(recipient: Recipient, routing: Routing) -> Json:
    return {
        "matchers": [f'{names.TEAM}="{recipient.team}"'],
        "receiver": name_of(recipient.team, UNKNOWN_SEVERITY),
        "routes": [*routing.routes],
    }


def _inhibitions(services: tuple[Service, ...]) -> list[dict[str, Any]]:
    """While a tier fires, the less urgent tiers of the same SLO, label set and place keep quiet; a rule per tier in
    use."""
    slos = tuple(chain.from_iterable(service.slos for service in services))
    equal = [names.SERVICE, names.SLO, *names.PLACES, *sorted({label for slo in slos for label in slo.group_by})]
    ladders = dict.fromkeys(tuple(tier.name for tier in slo.tiers) for slo in slos)
    rules = [rule for ladder in ladders for rule in _ladder_inhibitions(ladder, equal)]
    return [rule for index, rule in enumerate(rules) if rule not in rules[:index]]


def _ladder_inhibitions(tiers: tuple[str, ...], equal: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "source_matchers": [f'alertname="{names.BURN_ALERT}"', f'{names.TIER}="{tier}"'],
            "target_matchers": [f'alertname="{names.BURN_ALERT}"', f'{names.TIER}=~"{"|".join(tiers[index:])}"'],
            "equal": equal,
        }
        for index, tier in enumerate(tiers[:-1], start=1)
    ]


def _dead_mans_switch(settings: Settings, topology: Topology) -> dict[str, Any]:
    receiver: dict[str, Any] = {"name": DEAD_MANS_SWITCH}
    if settings.receivers.dead_mans_switch:
        url_file = f"{topology.alertmanager.secrets}/{secret_file(DEAD_MANS_SWITCH_URL)}"
        receiver["webhook_configs"] = [{"url_file": url_file, "send_resolved": False}]
    return receiver
