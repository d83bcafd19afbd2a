"""What a Prometheus says now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slostack.prometheus_api import RAW, otherwise, prometheus_api


@dataclass(frozen=True)
class Sample:
    """The value of one series now."""

    labels: Mapping[str, str]
    value: float


def instant_query(prometheus: str, expr: str, token: str | None = None) -> tuple[Sample, ...]:
    """The value of each series that an expression returns; `token` is sent as a bearer token.

    Raises SlostackError where the URL `prometheus` isn't that of a Prometheus that answers.
    """
    data = prometheus_api(prometheus, "query", {"query": expr, **RAW}, token, method="POST")
    try:
        return tuple(Sample(series["metric"], float(series["value"][1])) for series in data["result"])
    except (KeyError, IndexError, TypeError, ValueError):
        raise otherwise(f"{prometheus.rstrip('/')}/api/v1/query", data) from None
