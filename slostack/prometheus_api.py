"""Asking a Prometheus for what it holds now, by its HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from slostack.errors import SlostackError

_SECONDS = 30
_ANNOTATION = "PromQL "
"""Begins a warning about the query, not about the answer."""
RAW = {"max_source_resolution": "0s"}
"""Asks a Thanos for samples as they were scraped, however long the view is; a Prometheus has no others."""
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
"""No proxy is asked for these."""


def prometheus_api(
    prometheus: str, path: str, parameters: Mapping[str, str], token: str | None = None, *, method: str = "GET"
) -> Any:
    """The `data` of an answer, such as of the path `rules`; `token` is sent as a bearer token.

    Raises SlostackError where the URL `prometheus` isn't that of a Prometheus that answers, and answers as a whole.
    """
    url = f"{prometheus.rstrip('/')}/api/v1/{path}"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    form = {"data" if method == "POST" else "params": dict(parameters)}
    try:
        with requests.Session() as session:
            session.trust_env = urlsplit(url).hostname not in _THIS_MACHINE
            answer = session.request(method, url, headers=headers, timeout=_SECONDS, **form)  # type: ignore[arg-type]
        document = answer.json()
        data, missing = document["data"], warning(document)
    except requests.JSONDecodeError:
        raise SlostackError(f"{url} answers {answer.status_code} and no JSON, expected a Prometheus") from None
    except requests.RequestException as error:
        raise SlostackError(f"can't ask {url} ({_reason(error)}), expected the URL of a Prometheus") from None
    except (KeyError, TypeError):
        raise otherwise(url, document) from None
    if missing:
        raise SlostackError(f"{url} answers in part only ({missing}), expected all of it")
    return data


def warning(document: Mapping[str, Any]) -> str | None:
    """What an answer lacks, as Thanos says it where it can't ask everybody; no warning is of the query itself."""
    return next((each for each in document.get("warnings") or () if not each.startswith(_ANNOTATION)), None)


def otherwise(url: str, document: object) -> SlostackError:
    """The error of an answer that isn't a Prometheus'."""
    reason = document.get("error") if isinstance(document, dict) else None
    return SlostackError(f"{url} answers {reason or 'otherwise'}, expected the URL of a Prometheus")


def _reason(error: requests.RequestException) -> str:
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
