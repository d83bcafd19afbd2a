"""Alertmanager's config: who hears of what, grouped how, and what keeps quiet meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any, get_args

from slostack import names
from slostack.config.document import yaml_text
from slostack.config.messages import TEMPLATES
from slostack.config.topology import Topology
from slostack.rules.stack_alerts.alert import STACK
from slostack.settings import Settings
from slostack.spec import Duration, Service, Severity

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
NOTIFICATION_PATH = "/alerts"
"""Where the receiver on this machine takes notifications."""
UNKNOWN_SEVERITY: Severity = "medium"
"""How an alert is treated whose severity is none of these: someone should see it, nobody be woken."""


@dataclass(frozen=True)
class Pace:
    """How long notifications of a severity wait for more of their group, and after what time they repeat."""

    wait: Duration
    interval: Duration
    repeat: Duration


PACES: dict[Severity, Pace] = {
    "critical": Pace(Duration(10), Duration(60), Duration(30 * 60)),
    "high": Pace(Duration(30), Duration(2 * 60), Duration(2 * 3600)),
    "medium": Pace(Duration(60), Duration(5 * 60), Duration(2 * 3600)),
    "low": Pace(Duration(5 * 60), Duration(15 * 60), Duration(24 * 3600)),
}

DEAD_MANS_SWITCH = "dead-mans-switch"
"""The receiver of the Watchdog, who hears of nothing else; nobody else hears of that."""
_WATCHDOG = [f'alertname="{names.WATCHDOG}"', f'{names.SERVICE}="{STACK}"']
_HEARTBEAT = {"group_by": ["alertname"], "group_wait": "0s", "group_interval": "1m", "repeat_interval": "50s"}
"""Every minute: a repetition goes out with the first group interval after its own."""


def alertmanager_files(services: tuple[Service, ...], settings: Settings, topology: Topology) -> dict[str, str]:
    """alertmanager/alertmanager.yml and its templates."""
    return {
        "alertmanager/alertmanager.yml": yaml_text(alertmanager_config(services, settings, topology)),
        "alertmanager/templates/slostack.tmpl": TEMPLATES,
    }


def alertmanager_config(services: tuple[Service, ...], settings: Settings, topology: Topology) -> dict[str, Any]:
    """Alertmanager's config as data."""
    return {
        "global": {"resolve_timeout": "5m"},
        "templates": ["templates/*.tmpl"],
        "route": {
            "receiver": UNKNOWN_SEVERITY,
            "group_by": [names.SERVICE, "alertname", names.SLO],
            **_pace(UNKNOWN_SEVERITY),
            "routes": [
                {"matchers": _WATCHDOG, "receiver": DEAD_MANS_SWITCH, **_HEARTBEAT},
                *(
                    {"matchers": [f'{names.SEVERITY}="{severity}"'], "receiver": severity, **_pace(severity)}
                    for severity in SEVERITIES
                ),
            ],
        },
        "inhibit_rules": _inhibitions(services),
        "receivers": [
            _dead_mans_switch(settings, topology),
            *(_receiver(severity, settings, topology) for severity in SEVERITIES),
        ],
    }


def _pace(severity: Severity) -> dict[str, str]:
    pace = PACES[severity]
    return {
        "group_wait": str(pace.wait),
        "group_interval": str(pace.interval),
        "repeat_interval": str(pace.repeat),
    }


def _inhibitions(services: tuple[Service, ...]) -> list[dict[str, Any]]:
    """While a tier fires, the less urgent tiers of the same SLO (and label set) keep quiet; a rule per tier in use."""
    slos = tuple(chain.from_iterable(service.slos for service in services))
    equal = [names.SERVICE, names.SLO, *sorted({label for slo in slos for label in slo.group_by})]
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
        url_file = f"{topology.alertmanager.secrets}/dead-mans-switch-url"
        receiver["webhook_configs"] = [{"url_file": url_file, "send_resolved": False}]
    return receiver


def _receiver(severity: Severity, settings: Settings, topology: Topology) -> dict[str, Any]:
    """Email for every severity, Slack from medium on, PagerDuty and SMS for critical; webhooks hear everything."""
    receivers, secrets = settings.receivers, topology.alertmanager.secrets
    receiver: dict[str, Any] = {"name": severity}
    if email := receivers.email:
        config: dict[str, Any] = {
            "to": email.to,
            "from": email.sender,
            "smarthost": email.smarthost,
            "send_resolved": True,
            "headers": {"Subject": '{{ template "slostack.title" . }}'},
            "html": '{{ template "slostack.html" . }}',
            "text": '{{ template "slostack.text" . }}',
        }
        if email.username:
            config |= {"auth_username": email.username, "auth_password_file": f"{secrets}/smtp-password"}
        receiver["email_configs"] = [config]
    if receivers.slack and severity != "low":
        receiver["slack_configs"] = [_slack(receivers.slack.channel, f"{secrets}/slack-url")]
    if receivers.pagerduty and receivers.pagerduty.enabled and severity == "critical":
        receiver["pagerduty_configs"] = [_pagerduty(f"{secrets}/pagerduty-key")]
    webhooks = [{"url": receivers.webhook, "send_resolved": True}] if receivers.webhook else []
    if topology.notifications:
        webhooks.append({"url": f"http://{topology.notifications}{NOTIFICATION_PATH}", "send_resolved": True})
    if receivers.sms and severity == "critical":
        webhooks.append({"url_file": f"{secrets}/sms-url", "send_resolved": True})
    if webhooks:
        receiver["webhook_configs"] = webhooks
    return receiver


def _slack(channel: str, url_file: str) -> dict[str, Any]:
    return {
        "api_url_file": url_file,
        "channel": channel,
        "send_resolved": True,
        "color": '{{ template "slostack.color" . }}',
        "title": '{{ template "slostack.title" . }}',
        "title_link": '{{ template "slostack.link" . }}',
        "text": '{{ template "slostack.slack" . }}',
        "fallback": '{{ template "slostack.title" . }}',
    }


def _pagerduty(key_file: str) -> dict[str, Any]:
    return {
        "routing_key_file": key_file,
        "send_resolved": True,
        "severity": "critical",
        "description": '{{ template "slostack.title" . }}',
        "group": '{{ template "slostack.service" . }}',
        "class": "{{ .GroupLabels.alertname }}",
        "details": {"text": '{{ template "slostack.text" . }}'},
        "client": "slostack",
        "client_url": '{{ template "slostack.link" . }}',
        "links": [{"href": '{{ template "slostack.runbook" . }}', "text": "Runbook"}],
    }
