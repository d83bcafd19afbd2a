"""Whether latency thresholds are bounds of the buckets that a Prometheus really has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isinf
from pathlib import Path
from urllib.parse import urlsplit

import requests

from slostack.errors import SlostackError
from slostack.files import shown_path
from slostack.spec import Problem, Selector, Service, SpecError
from slostack.spec.sli import nearest_bounds
from slostack.spec.source import Source, parse_yaml, read_text

_SECONDS = 30
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
"""No proxy is asked for these."""


def check_buckets(root: Path, services: Mapping[Path, Service], prometheus: str) -> tuple[Problem, ...]:
    """Compares the thresholds of classic histograms, for which the SLO file lists no buckets, with those that a
    Prometheus (by its URL) has now; raises SpecError with those between two buckets.

    Returns notes on histograms that it has no series of. Raises SlostackError where it can't be asked.
    """
    problems: list[Problem] = []
    notes: list[Problem] = []
    for path, service in services.items():
        for index, histogram, threshold in _unchecked(service):
            bounds = _bounds(prometheus, histogram)
            if threshold in bounds:
                continue
            where = ("slos", index, "sli", "latency", "threshold" if bounds else "histogram")
            if bounds:
                found = f"{threshold:.12g}, which is no bucket bound of {histogram}"
                what = f"{found}, expected one, such as the nearest, {nearest_bounds(threshold, bounds)}"
            else:
                what = f"no buckets of {histogram} in {prometheus}, so the threshold isn't checked"
            said = _source(path, root).problem(where, f"slos[{index}].sli.latency.{where[-1]}: {what}")
            (problems if bounds else notes).append(said)
    if problems:
        raise SpecError(tuple(problems))
    return tuple(notes)


def _unchecked(service: Service) -> Iterator[tuple[int, Selector, float]]:
    for index, slo in enumerate(service.slos):
        latency = slo.sli.latency
        if latency and latency.histogram and latency.buckets is None:
            yield index, latency.histogram, latency.threshold


def _bounds(prometheus: str, histogram: Selector) -> tuple[float, ...]:
    """The finite bounds of a histogram's buckets that have samples within the last minutes."""
    buckets = Selector(f"{histogram.metric}_bucket", histogram.matchers)
    url = f"{prometheus.rstrip('/')}/api/v1/query"
    try:
        with requests.Session() as session:
            session.trust_env = urlsplit(url).hostname not in _THIS_MACHINE
            answer = session.post(url, data={"query": f"count by (le) ({buckets})"}, timeout=_SECONDS)
        document = answer.json()
        found = [float(series["metric"]["le"]) for series in document["data"]["result"]]
    except requests.JSONDecodeError:
        raise SlostackError(f"{url} answers {answer.status_code} and no JSON, expected a Prometheus") from None
    except requests.RequestException as error:
        raise SlostackError(f"can't ask {url} ({_reason(error)}), expected the URL of a Prometheus") from None
    except (KeyError, TypeError, ValueError):
        reason = document.get("error") if isinstance(document, dict) else None
        raise SlostackError(f"{url} answers {reason or 'otherwise'}, expected the URL of a Prometheus") from None
    return tuple(bound for bound in found if not isinf(bound))


def _reason(error: requests.RequestException) -> str:
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__


def _source(path: Path, root: Path) -> Source:
    shown = shown_path(path, root)
    return parse_yaml(read_text(path, shown), shown)
