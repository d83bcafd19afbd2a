"""Alertmanager's receivers: by which channels a team hears of a severity, and what it is sent by each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from slostack.config.recipients import SMTP_PASSWORD, WEBHOOK_URL, Ways, secret_file
from slostack.config.topology import Topology
from slostack.settings import Settings
from slostack.spec import Severity

NOTIFICATION_PATH = "/alerts"
"""Where the receiver on this machine takes notifications."""

Channel = Literal["email", "slack", "pagerduty", "sms"]
CHANNELS: dict[Severity, tuple[Channel, ...]] = {
    "critical": ("email", "slack", "pagerduty", "sms"),
    "high": ("email", "slack"),
    "medium": ("email", "slack"),
    "low": ("email",),
}
"""Email always, Slack from medium on, PagerDuty and text messages for critical."""
NOTICE_CHANNELS: tuple[Channel, ...] = ("email", "slack")
"""Of what nobody needs to act on, such as a deployment."""
ESCALATION_CHANNELS: tuple[Channel, ...] = ("email", "pagerduty", "sms")

Json = dict[str, Any]
_DETAILS = '{{ template "slostack.title" . }}\n\n{{ template "slostack.text" . }}'
"""Alertmanager would take a detail that can be read as YAML for an object: one that begins as a title does can't."""


def receiver(
    name: str, ways: Ways, channels: tuple[Channel, ...], severity: Severity, settings: Settings, topology: Topology
) -> Json:
    """A receiver that hears by those of the channels that there are ways for; webhooks of the stack hear everything."""
    secrets = topology.alertmanager.secrets
    found: Json = {"name": name}
    if "email" in channels and ways.email:
        found["email_configs"] = [_email(", ".join(ways.email), settings, secrets)]
    if "slack" in channels and ways.slack:
        channel, url = ways.slack
        found["slack_configs"] = [_slack(channel, f"{secrets}/{secret_file(url)}")]
    if "pagerduty" in channels and ways.pagerduty:
        found["pagerduty_configs"] = [_pagerduty(f"{secrets}/{secret_file(ways.pagerduty)}", severity, settings)]
    webhooks = [*_hears_everything(settings, topology)]
    if "sms" in channels and ways.sms:
        webhooks.append({"url_file": f"{secrets}/{secret_file(ways.sms)}", "send_resolved": True})
    if webhooks:
        found["webhook_configs"] = webhooks
    return found


def _hears_everything(settings: Settings, topology: Topology) -> Iterator[Json]:
    if settings.receivers.webhook:
        yield {"url_file": f"{topology.alertmanager.secrets}/{secret_file(WEBHOOK_URL)}", "send_resolved": True}
    if topology.notifications:
        yield {"url": f"http://{topology.notifications}{NOTIFICATION_PATH}", "send_resolved": True}


def _email(to: str, settings: Settings, secrets: str) -> Json:
    email = settings.receivers.email
    assert email
    config: Json = {
        "to": to,
        "from": email.sender,
        "smarthost": email.smarthost,
        "send_resolved": True,
        "headers": {"Subject": '{{ template "slostack.title" . }}'},
        "html": '{{ template "slostack.html" . }}',
        "text": '{{ template "slostack.text" . }}',
    }
    if not email.require_tls:
        config["require_tls"] = False
    if email.username:
        password = f"{secrets}/{secret_file(SMTP_PASSWORD)}"
        config |= {"auth_username": email.username, "auth_password_file": password}
    return config


def _slack(channel: str, url_file: str) -> Json:
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


def _pagerduty(key_file: str, severity: Severity, settings: Settings) -> Json:
    pagerduty = settings.receivers.pagerduty
    config: Json = {
        "routing_key_file": key_file,
        "send_resolved": True,
        "severity": severity,
        "description": '{{ template "slostack.title" . }}',
        "group": '{{ template "slostack.service" . }}',
        "class": "{{ .GroupLabels.alertname }}",
        "details": {"text": _DETAILS},
        "client": "slostack",
        "client_url": '{{ template "slostack.link" . }}',
        "links": [{"href": '{{ template "slostack.runbook" . }}', "text": "Runbook"}],
    }
    return {**config, "url": pagerduty.url} if pagerduty and pagerduty.url else config
