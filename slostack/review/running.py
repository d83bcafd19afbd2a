"""What running servers hold: Prometheus' rules and Grafana's dashboards, by their APIs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import requests

from slostack.errors import SlostackError
from slostack.review.bundles import RULES, Held
from slostack.review.changes import Json
from slostack.review.rule_groups import RuleGroup
from slostack.spec import Duration

_TIMEOUT = 30.0
_TAG = "slostack"
"""Of generated dashboards."""


def running(prometheus: str | None, grafana: str | None, bundle: Held, token: str | None = None) -> Held:
    """What the servers at these URLs hold; of Grafana's dashboards those of slostack and those that the bundle has.

    Raises SlostackError where one doesn't answer.
    """
    rules: dict[str, tuple[RuleGroup, ...]] = {}
    for name, group in _groups(prometheus, token) if prometheus else ():
        rules[name] = (*rules.get(name, ()), group)
    dashboards = dict(_dashboards(grafana, bundle.dashboards, token)) if grafana else {}
    return Held(rules, dashboards)


def _groups(url: str, token: str | None) -> Iterator[tuple[str, RuleGroup]]:
    answer = _json(url, "/api/v1/rules", token)
    try:
        for group in answer["data"]["groups"]:
            rules = [_rule(rule) for rule in group["rules"]]
            told = {"name": group["name"], "interval": _seconds(group["interval"]), "rules": rules}
            yield f"{RULES}/{PurePosixPath(group['file']).name}", RuleGroup.model_validate(told)
    except (KeyError, TypeError, ValueError):
        raise SlostackError(
            f"{url} doesn't tell its rules as a Prometheus does, expected its API below /api/v1"
        ) from None


def _rule(told: dict[str, Any]) -> dict[str, Any]:
    """A rule as a rule file has it."""
    rule = {"expr": told["query"], "labels": told.get("labels") or {}}
    if told["type"] == "recording":
        return {"record": told["name"], **rule}
    return {
        "alert": told["name"],
        "for": _seconds(told.get("duration")),
        "keep_firing_for": _seconds(told.get("keepFiringFor")),
        "annotations": told.get("annotations") or {},
        **rule,
    }


def _seconds(value: float | None) -> str | None:
    return str(Duration(round(value))) if value else None


def _dashboards(url: str, known: Iterable[str], token: str | None) -> Iterator[tuple[str, Json]]:
    tagged = [str(found["uid"]) for found in _json(url, f"/api/search?type=dash-db&tag={_TAG}", token)]
    for uid in dict.fromkeys((*known, *tagged)):
        found = _json(url, f"/api/dashboards/uid/{quote(uid, safe='')}", token)
        if found is not None:
            yield uid, found["dashboard"]


def _json(url: str, path: str, token: str | None) -> Any:
    """A server's answer; None where it has no such thing."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    shown = _shown(url)
    try:
        response = requests.get(f"{url.rstrip('/')}{path}", headers=headers, timeout=_TIMEOUT)
        if response.status_code == 404:
            return None
        if response.ok:
            return response.json()
        reason = f"{response.status_code} {response.reason}"
    except (requests.RequestException, ValueError) as error:
        reason = type(error).__name__
    raise SlostackError(f"{shown} does not answer {path} ({reason}), expected a running server that may be asked")


def _shown(url: str) -> str:
    """A URL without a password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
