"""Who hears of an alert: the routes of an Alertmanager config, matched as it does, and where its receivers send."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

Json = dict[str, Any]
NOBODY = "nobody"
HERE = "this-machine"
"""Stands for the host and port of the receiver that shows notifications on this machine."""
_HIDDEN = "<secret>"
"""What an Alertmanager that is asked for its config says in place of a webhook's URL."""
_MATCHER = re.compile(r'\s*"?(?P<name>[^"=!~\s]+)"?\s*(?P<operator>=~|!~|!=|=)\s*"?(?P<value>.*?)"?\s*', re.DOTALL)
_INHERITED = ("receiver", "group_by", "group_wait", "group_interval", "repeat_interval")
"""What a route has of the one above it, where it doesn't say otherwise."""
_SECRETS = {"sms-url": "SMS", "dead-mans-switch-url": "the dead man's switch", "webhook-url": "a webhook"}
"""What a webhook is whose URL is in a file of a name that begins so."""


def receivers(config: Mapping[str, Any], labels: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the receivers, in order, that an alert with these labels reaches."""
    return tuple(route["receiver"] for route in routes(config, labels))


def routes(config: Mapping[str, Any], labels: Mapping[str, str]) -> tuple[Json, ...]:
    """The routes, in order, that take an alert with these labels, with what they inherit.

    As Alertmanager does: the first child that matches takes the alert, and with `continue` its next siblings too; a
    route keeps what none of its children takes.
    """
    return tuple(_routes(config["route"], {}, labels))


def _routes(route: Json, inherited: Json, labels: Mapping[str, str]) -> Iterator[Json]:
    own = {**inherited, **{key: value for key, value in route.items() if key != "routes"}}
    passed_on = {key: value for key, value in own.items() if key in _INHERITED}
    taken = False
    for child in route.get("routes", ()):
        if all(_matches(matcher, labels) for matcher in child.get("matchers", ())):
            yield from _routes(child, passed_on, labels)
            taken = True
            if not child.get("continue"):
                return
    if not taken:
        yield own


def _matches(matcher: str, labels: Mapping[str, str]) -> bool:
    found = _MATCHER.fullmatch(matcher)
    if not found:
        raise ValueError(f'{matcher!r} is no matcher, expected such as severity="critical"')
    value = labels.get(found["name"], "")
    equal = re.fullmatch(found["value"], value) is not None if "~" in found["operator"] else value == found["value"]
    return equal != found["operator"].startswith("!")


def channels(config: Mapping[str, Any], receiver: str) -> str:
    """Where a receiver sends: `email oncall@acme.example, Slack #alerts`; NOBODY where nowhere."""
    (found,) = (one for one in config["receivers"] if one["name"] == receiver)
    return ", ".join(_channels(found)) or NOBODY


def _channels(receiver: Json) -> Iterator[str]:
    for email in receiver.get("email_configs", ()):
        yield f"email {email['to']}"
    for slack in receiver.get("slack_configs", ()):
        yield f"Slack {slack['channel']}"
    for _ in receiver.get("pagerduty_configs", ()):
        yield "PagerDuty"
    for webhook in receiver.get("webhook_configs", ()):
        file = PurePosixPath(webhook.get("url_file", "")).name
        url = webhook.get("url", file)
        secret = next((what for name, what in _SECRETS.items() if file.startswith(name)), f"webhook {url}")
        yield "slostack notifications" if HERE in url else "a webhook" if url == _HIDDEN else secret
