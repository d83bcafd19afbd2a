"""What a Prometheus holds, asked for in pieces that it answers in seconds, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import numpy as np
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from slostack.backtest.history import Floats, Times
from slostack.errors import SlostackError
from slostack.prometheus_api import RAW, warning
from slostack.spec.narrowing import with_matchers
from slostack.spec.quantities import Matcher

AT_ONCE = 4
"""Queries that are under way together."""
TIMEOUT = 120.0
MOST_POINTS = 10_000
"""Prometheus gives at most 11,000 points per series of a range query."""
_RETRIES = Retry(
    total=2, backoff_factor=0.5, status_forcelist=(502, 503, 504), allowed_methods=None, raise_on_status=False
)
_GIVEN_UP = ("execution", "timeout")
"""What a server calls errors that may be for the size of a query: too many samples, or too long a time."""
_LEAST = 3_600_000
"""Milliseconds of samples that are asked for at once however large they are."""


class UnansweredError(SlostackError):
    """A server that answers others doesn't answer a query."""


class _GivenUpError(UnansweredError):
    """It tried to."""


@dataclass(frozen=True)
class Series:
    """The samples of one series."""

    labels: Mapping[str, str]
    times: Times
    values: Floats


@dataclass(frozen=True)
class Query:
    """A query over a time: its samples as they were stored within (start, end], where it is a selector that ends in
    `[SPAN]`; else its value at the end of each step. Times are Unix milliseconds."""

    expr: str
    start: int
    end: int
    step: int | None = None

    def pieces(self, longest: int) -> list[Query]:
        """The same as queries of at most some milliseconds, and of as many points as Prometheus gives."""
        if self.step:
            longest = min(max(longest // self.step, 1), MOST_POINTS) * self.step
        # A piece at the end that holds no step asks for nothing.
        starts = range(self.start, self.end - self.step + 1 if self.step else self.end, longest)
        return [Query(self.expr, start, min(start + longest, self.end), self.step) for start in starts]

    def halves(self) -> list[Query]:
        """The same as two queries; as one where it can't be less."""
        half = (self.end - self.start) // 2
        return self.pieces(max(half, self.step or _LEAST))


SPAN = "SPAN"
"""In a selector's brackets: the length of the time that is asked for."""


@dataclass(frozen=True)
class Prometheus:
    """A server's HTTP API; `token` is sent as a bearer token. Series are read that have the labels of `only`."""

    url: str
    token: str | None = field(default=None, repr=False)
    report: Callable[[int, int], None] = lambda *_: None
    """Called with how many queries are planned further, and how many were answered."""
    only: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """Its URL without a password."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def ask(self, queries: Sequence[Query]) -> list[list[Series]]:
        """The answers to queries, in their order; raises SlostackError where one isn't answered as a whole."""
        self.report(len(queries), 0)
        futures = [self._pool.submit(self._answer, query) for query in queries]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def head_start(self) -> int:
        """The Unix milliseconds of the oldest sample that is not in a block yet; raises SlostackError where it doesn't
        tell. A block of a later time would take the place of what it holds of that time."""
        what = f"where its head begins, as a Prometheus does at {self.shown.rstrip('/')}/api/v1/status/tsdb"
        try:
            response = self._session.get(f"{self.url.rstrip('/')}/api/v1/status/tsdb", timeout=TIMEOUT)
            return int(response.json()["data"]["headStats"]["minTime"])
        except (requests.RequestException, ValueError, TypeError, KeyError):
            raise SlostackError(f"{self.shown} doesn't tell {what}") from None

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        """Bounds what is asked at once, by whomever."""
        return ThreadPoolExecutor(AT_ONCE)

    @cached_property
    def _session(self) -> requests.Session:
        """Keeps connections."""
        session = requests.Session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=AT_ONCE, max_retries=_RETRIES))
        if self.token:
            session.headers["Authorization"] = f"Bearer {self.token}"
        return session

    @cached_property
    def _matchers(self) -> list[str]:
        return [str(Matcher(label, "=", value)) for label, value in self.only.items()]

    def _answer(self, query: Query) -> list[Series]:
        """The answer to a query; by and by, where it is too much for the server."""
        try:
            answer = self._at_once(query)
        except _GivenUpError:
            halves = query.halves()
            if len(halves) < 2:
                raise
            self.report(len(halves) - 1, 0)
            return _joined([series for half in halves for series in self._answer(half)])
        self.report(0, 1)
        return answer

    def _at_once(self, query: Query) -> list[Series]:
        narrowed = with_matchers(query.expr, lambda _: self._matchers)
        if query.step:
            first = query.start + query.step
            times = {
                "start": f"{first / 1000:.3f}",
                "end": f"{query.end / 1000:.3f}",
                "step": f"{query.step / 1000:.3f}",
            }
            answer = self._json("query_range", {"query": narrowed, **times})
        else:
            expr = narrowed.replace(SPAN, f"{query.end - query.start}ms")
            answer = self._json("query", {"query": expr, "time": f"{query.end / 1000:.3f}"})
        return [_series(each) for each in answer]

    def _json(self, path: str, form: Mapping[str, str]) -> list[dict[str, Any]]:
        try:
            response = self._session.post(
                f"{self.url.rstrip('/')}/api/v1/{path}", data={**form, **RAW}, timeout=TIMEOUT
            )
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema):
            raise SlostackError(
                f"{self.shown} is no URL of a server, expected one such as http://prometheus:9090"
            ) from None
        except requests.Timeout:
            raise SlostackError(f"{self.shown} did not answer within {TIMEOUT:.0f} s: {form['query']}") from None
        except requests.RequestException as error:
            raise SlostackError(f"{self.shown} can't be reached ({_reason(error)}), expected a Prometheus") from None
        if response.status_code in (401, 403):
            what = "its credentials" if self.token or "@" in self.url else "credentials"
            raise SlostackError(
                f"{self.shown} refuses to answer ({response.status_code} {response.reason}), expected {what} that may "
                "read (--token-file, or user:password@ in the URL)"
            )
        return self._data(response, form["query"])

    def _data(self, response: requests.Response, query: str) -> list[dict[str, Any]]:
        try:
            answer = response.json()
            status, data = answer["status"], answer.get("data")
        except (ValueError, TypeError, KeyError):
            raise SlostackError(
                f"{self.shown} doesn't answer as a Prometheus does ({response.status_code} {response.reason}), "
                "expected its API below /api/v1"
            ) from None
        if status != "success":
            error = _GivenUpError if answer.get("errorType") in _GIVEN_UP else UnansweredError
            raise error(f"{self.shown} can't answer {query}: {answer.get('error', response.reason)}")
        if missing := warning(answer):
            raise SlostackError(f"{self.shown} answered in part only ({missing}), expected all of it: {query}")
        result: list[dict[str, Any]] = data["result"]
        return result


def _joined(parts: Iterable[Series]) -> list[Series]:
    """Each series once, of answers that follow on each other."""
    by_labels: dict[frozenset[tuple[str, str]], list[Series]] = {}
    for part in parts:
        by_labels.setdefault(frozenset(part.labels.items()), []).append(part)
    return [
        Series(of[0].labels, np.concatenate([each.times for each in of]), np.concatenate([each.values for each in of]))
        for of in by_labels.values()
    ]


def _series(result: Mapping[str, Any]) -> Series:
    samples = result["values"]
    times = np.array([at for at, _ in samples], np.float64)
    values = np.array([value for _, value in samples], np.float64)
    return Series(result["metric"], np.round(times * 1000).astype(np.int64), values)


def _reason(error: requests.RequestException) -> str:
    """The last cause in a chain of them, in short."""
    text = str(error)
    for part in ("Connection refused", "Name or service not known", "CERTIFICATE_VERIFY_FAILED", "No route to host"):
        if part in text:
            return part
    return text.splitlines()[0][:200] if text else type(error).__name__
