"""Notifications from what Alertmanager sends, and from what is stored of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any
from urllib.parse import quote_plus

from slostack import names
from slostack.notifications.model import FIRING, RESOLVED, Notification

_TEXTS = tuple(field.name for field in fields(Notification) if field.name not in ("received", "labels"))
_LATER = {field.name: field.default for field in fields(Notification) if field.default is not MISSING}
"""What older stores don't have."""


class BadNotificationError(Exception):
    """What was sent or stored is no notification; the text says why."""


def from_webhook(message: Any, received: float) -> tuple[Notification, ...]:
    """The notifications of an Alertmanager webhook message (version 4); raises BadNotificationError for others."""
    if not isinstance(message, dict) or not isinstance(message.get("alerts"), list):
        raise BadNotificationError("no list `alerts`, expected a webhook message of Alertmanager")
    silence = _silence_url(message)
    return tuple(
        _from_alert(alert, f"alerts[{index}]", received, silence) for index, alert in enumerate(message["alerts"])
    )


def from_stored(data: Any) -> Notification:
    """The notification that `as_dict` gave; raises BadNotificationError for anything else."""
    known = {field.name for field in fields(Notification)}
    if not isinstance(data, dict) or set(data) | set(_LATER) != known:
        raise BadNotificationError("expected a stored notification")
    data = {**_LATER, **data}
    _texts(data["labels"], "labels")
    texts_fit = all(isinstance(data[name], str) for name in _TEXTS)
    if not texts_fit or not isinstance(data["received"], int | float):
        raise BadNotificationError("expected a stored notification")
    return Notification(**data)


def _silence_url(message: Mapping[str, Any]) -> str:
    """Where a silence of the alerts of a message can be made, filled in; empty where Alertmanager's URL isn't said."""
    alertmanager = _texts({"externalURL": message.get("externalURL", "")}, "the message")["externalURL"]
    group = _texts(message.get("groupLabels", {}), "groupLabels")
    matchers = (f"{quote_plus(name)}%3D%22{quote_plus(value)}%22" for name, value in sorted(group.items()))
    return f"{alertmanager}/#/silences/new?filter=%7B{'%2C%20'.join(matchers)}%7D" if alertmanager and group else ""


def _from_alert(alert: Any, where: str, received: float, silence_url: str) -> Notification:
    if not isinstance(alert, dict):
        raise BadNotificationError(f"{where} is not an object, expected an alert")
    if alert.get("status") not in (FIRING, RESOLVED):
        raise BadNotificationError(f"{where}.status is {alert.get('status')!r}, expected {FIRING} or {RESOLVED}")
    labels = _texts(alert.get("labels"), f"{where}.labels")
    annotations = _texts(alert.get("annotations", {}), f"{where}.annotations")
    own = _texts({key: alert.get(key, "") for key in ("startsAt", "endsAt", "generatorURL")}, where)
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
        started=own["startsAt"],
        ended=own["endsAt"] if alert["status"] == RESOLVED else "",
        labels=labels,
        budgets_left=annotations.get(names.BUDGETS_LEFT, ""),
        query_url=own["generatorURL"],
        silence_url=silence_url,
    )


def _texts(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise BadNotificationError(f"{where} is not an object of texts, expected names and texts")
    return {_plain(name): _plain(text) for name, text in value.items()}


def _plain(text: str) -> str:
    """The text on one line, without anything that steers a terminal."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
