"""What a running Alertmanager is asked and told by its API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
import yaml

from slostack import plain_yaml
from slostack.errors import SlostackError

_SECONDS = 30
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
"""No proxy is asked for these."""


def running_config(alertmanager: str, token: str | None = None) -> dict[str, Any]:
    """The config that an Alertmanager at a URL runs with, its secrets hidden; `token` is sent as a bearer token.

    Raises SlostackError where the URL isn't that of an Alertmanager that answers.
    """
    document = _asked("GET", alertmanager, "/api/v2/status", token)
    try:
        config: dict[str, Any] = plain_yaml.load(document.json()["config"]["original"])
        return {"route": config["route"], "receivers": config["receivers"]}
    except (ValueError, LookupError, TypeError, yaml.YAMLError):
        raise SlostackError(f"{alertmanager} answers otherwise, expected the URL of an Alertmanager") from None


def send_alert(
    alertmanager: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    lasts: timedelta,
    token: str | None = None,
) -> datetime:
    """Sends an alert that ends by itself; when that is. Raises SlostackError where the Alertmanager doesn't take it."""
    start = datetime.now(UTC)
    alert = {
        "labels": dict(labels),
        "annotations": dict(annotations),
        "startsAt": start.isoformat(),
        "endsAt": (start + lasts).isoformat(),
    }
    _asked("POST", alertmanager, "/api/v2/alerts", token, [alert])
    return start + lasts


def _asked(method: str, alertmanager: str, path: str, token: str | None, body: Any = None) -> requests.Response:
    url = f"{alertmanager.rstrip('/')}{path}"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with requests.Session() as session:
            session.trust_env = urlsplit(url).hostname not in _THIS_MACHINE
            answer = session.request(method, url, json=body, headers=headers, timeout=_SECONDS)
    except requests.RequestException as error:
        what = f"can't ask {url} ({type(error).__name__}), expected the URL of an Alertmanager"
        raise SlostackError(what) from None
    if not answer.ok:
        said = f"HTTP {answer.status_code} {answer.text.strip()[:200]}"
        raise SlostackError(f"{url} answers {said}, expected the URL of an Alertmanager")
    return answer
