"""A notification: what Alertmanager said about one alert, and how a person reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from slostack import names
from slostack.approximately import duration

FIRING, RESOLVED = "firing", "resolved"


class BadNotificationError(Exception):
    """What was sent or stored is no notification; the text says why."""


@dataclass(frozen=True)
class Notification:
    """One alert of one message of Alertmanager. `received` is a Unix time, the other times are RFC 3339 texts."""

    received: float
    status: str
    alert: str
    severity: str
    service: str
    slo: str
    tier: str
    summary: str
    description: str
    runbook_url: str
    dashboard_url: str
    started: str
    ended: str
    labels: Mapping[str, str]
    budgets_left: str = ""

    @property
    def subject(self) -> str:
        """What it is about: the service, with the SLO where there is one."""
        return f"{self.service} / {self.slo}" if self.slo else self.service or "(no service)"

    @property
    def line(self) -> str:
        """All that matters on one line."""
        parts = (self.status.upper(), self.severity or "(no severity)", self.subject, f"{self.alert}: {self.said}")
        links = (f"runbook {self.runbook_url}", f"dashboard {self.dashboard_url}")
        shown = (link for link, url in zip(links, (self.runbook_url, self.dashboard_url), strict=True) if url)
        return f"{self.local_time}  " + " | ".join((*parts, *shown))

    @property
    def said(self) -> str:
        """What is wrong; of what is over how long it lasted, and what was said of it."""
        return f"over after {self._lasted}: {self.summary}" if self.status == RESOLVED else self.summary

    @property
    def _lasted(self) -> str:
        try:
            return duration((datetime.fromisoformat(self.ended) - datetime.fromisoformat(self.started)).total_seconds())
        except (ValueError, TypeError):
            return "a time not known"

    @property
    def local_time(self) -> str:
        """When it was received, in this machine's time zone."""
        return datetime.fromtimestamp(self.received).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")

    def as_dict(self) -> dict[str, Any]:
        """The notification as JSON holds it."""
        return asdict(self)


_TEXTS = tuple(field.name for field in fields(Notification) if field.name not in ("received", "labels"))


def from_webhook(message: Any, received: float) -> tuple[Notification, ...]:
    """The notifications of an Alertmanager webhook message (version 4); raises BadNotificationError for others."""
    if not isinstance(message, dict) or not isinstance(message.get("alerts"), list):
        raise BadNotificationError("no list `alerts`, expected a webhook message of Alertmanager")
    return tuple(_from_alert(alert, f"alerts[{index}]", received) for index, alert in enumerate(message["alerts"]))


def from_stored(data: Any) -> Notification:
    """The notification that `as_dict` gave; raises BadNotificationError for anything else."""
    known = {field.name for field in fields(Notification)}
    if not isinstance(data, dict) or set(data) | {names.BUDGETS_LEFT} != known:
        raise BadNotificationError("expected a stored notification")
    data = {names.BUDGETS_LEFT: "", **data}
    _texts(data["labels"], "labels")
    texts_fit = all(isinstance(data[name], str) for name in _TEXTS)
    if not texts_fit or not isinstance(data["received"], int | float):
        raise BadNotificationError("expected a stored notification")
    return Notification(**data)


def _from_alert(alert: Any, where: str, received: float) -> Notification:
    if not isinstance(alert, dict):
        raise BadNotificationError(f"{where} is not an object, expected an alert")
    if alert.get("status") not in (FIRING, RESOLVED):
        raise BadNotificationError(f"{where}.status is {alert.get('status')!r}, expected {FIRING} or {RESOLVED}")
    labels = _texts(alert.get("labels"), f"{where}.labels")
    annotations = _texts(alert.get("annotations", {}), f"{where}.annotations")
    times = _texts({key: alert.get(key, "") for key in ("startsAt", "endsAt")}, where)
    if not labels.get("alertname"):
        raise BadNotificationError(f"{where}.labels has no alertname, expected the name of an alert")
    return Notification(
        received=received,
        status=alert["status"],
        alert=labels["alertname"],
        severity=labels.get(names.SEVERITY, ""),
        service=labels.get(names.SERVICE, ""),
        slo=labels.get(names.SLO, ""),
        tier=labels.get(names.TIER, ""),
        summary=annotations.get("summary", ""),
        description=annotations.get("description", ""),
        runbook_url=annotations.get("runbook_url", ""),
        dashboard_url=annotations.get("dashboard_url", ""),
        started=times["startsAt"],
        ended=times["endsAt"] if alert["status"] == RESOLVED else "",
        labels=labels,
        budgets_left=annotations.get(names.BUDGETS_LEFT, ""),
    )


def _texts(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise BadNotificationError(f"{where} is not an object of texts, expected names and texts")
    return {_plain(name): _plain(text) for name, text in value.items()}


def _plain(text: str) -> str:
    """The text on one line, without anything that steers a terminal."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
