"""Asking the servers on this machine, past any proxy that the environment names."""

from __future__ import annotations

from collections.abc import Mapping

import requests

_ANSWER_SECONDS = 10


def ask(
    url: str, *, method: str = "GET", parameters: Mapping[str, str] | None = None, seconds: float = _ANSWER_SECONDS
) -> requests.Response:
    """A server's answer, whatever its status; raises requests.RequestException where there is none."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, params=parameters, timeout=seconds)
