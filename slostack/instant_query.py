"""What a Prometheus says now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from slostack.errors import SlostackError

_SECONDS = 30
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
"""No proxy is asked for these."""


@dataclass(frozen=True)
class Sample:
    """The value of one series now."""

    labels: Mapping[str, str]
    value: float


def instant_query(prometheus: str, expr: str, token: str | None = None) -> tuple[Sample, ...]:
    """The value of each series that an expression returns; `token` is sent as a bearer token.

    Raises SlostackError where the URL `prometheus` isn't that of a Prometheus that answers.
    """
    url = f"{prometheus.rstrip('/')}/api/v1/query"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with requests.Session() as session:
            session.trust_env = urlsplit(url).hostname not in _THIS_MACHINE
            answer = session.post(url, data={"query": expr}, headers=headers, timeout=_SECONDS)
        document = answer.json()
        return tuple(Sample(series["metric"], float(series["value"][1])) for series in document["data"]["result"])
    except requests.JSONDecodeError:
        raise SlostackError(f"{url} answers {answer.status_code} and no JSON, expected a Prometheus") from None
    except requests.RequestException as error:
        raise SlostackError(f"can't ask {url} ({_reason(error)}), expected the URL of a Prometheus") from None
    except (KeyError, IndexError, TypeError, ValueError):
        reason = document.get("error") if isinstance(document, dict) else None
        raise SlostackError(f"{url} answers {reason or 'otherwise'}, expected the URL of a Prometheus") from None


def _reason(error: requests.RequestException) -> str:
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
