"""How good events are told from bad ones: the kinds of SLI."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from pydantic import ConfigDict, Field, model_validator

from slostack.spec.counted import check_histogram, check_part_of_total
from slostack.spec.fields import LogQuery, Seconds
from slostack.spec.part import Part, any_of, exactly_one, one_of
from slostack.spec.quantities import Matcher, PromQL, Selector, WindowedPromQL, mismatch
from slostack.spec.slices import TimeSlices
from slostack.spec.source import shorten

_GO_EXPONENTS_FROM = 6


def _not_all(part: LogRatio | QueryRatio) -> None:
    """Raises PydanticCustomError where the bad events are all of them."""
    if part.bad is not None and part.bad == part.total:
        raise mismatch(f"{shorten(repr(str(part.bad)))}, as `total`", "a query of fewer events than all", "bad")


def nearest_bounds(threshold: float, bounds: Collection[float]) -> str:
    """The bucket bounds right below and right above a threshold that is none of them: `0.25 or 0.5`."""
    below, above = ([b for b in bounds if b < threshold], [b for b in bounds if b > threshold])
    nearest = [max(below), *([min(above)] if above else [])] if below else [min(above)]
    return " or ".join(f"{bound:.12g}" for bound in nearest)


class EventRatio(Part):
    """Bad (or good) events over all events, from counters. Selectors only: the generator writes the rates."""

    model_config = ConfigDict(json_schema_extra=one_of("bad", "good"))

    bad: Selector | None = Field(None, description="A selector of the counters of bad events.")
    good: Selector | None = Field(None, description="A selector of the counters of good events, in place of `bad`.")
    total: Selector = Field(description="A selector of the counters of all events.")

    @model_validator(mode="after")
    def _one_of_bad_and_good(self) -> Self:
        check_part_of_total(self, self.total)
        return self


class LatencyRatio(Part):
    """Events no slower than a threshold over all events, from a classic or a native histogram."""

    model_config = ConfigDict(
        json_schema_extra={**one_of("histogram", "native_histogram"), "dependentRequired": {"buckets": ["histogram"]}}
    )

    histogram: Selector | None = Field(
        None,
        description="A classic histogram: its name (without _bucket) and matchers.",
        examples=['http_request_duration_seconds{job="api"}'],
    )
    native_histogram: Selector | None = Field(
        None,
        description="A native histogram, in place of `histogram`.",
        examples=['http_request_duration_seconds{job="api"}'],
    )
    threshold: Seconds = Field(
        description="The slowest good event, in seconds (0.2) or as a duration (200ms); of a classic histogram one of "
        "its bucket bounds."
    )
    buckets: tuple[Seconds, ...] | None = Field(
        None,
        strict=False,
        min_length=1,
        description="The bucket bounds that the service exposes; `threshold` is checked against them.",
    )

    @model_validator(mode="after")
    def _histogram_and_bound(self) -> Self:
        check_histogram(self, exactly_one(self, "histogram", "native_histogram"))
        if self.buckets is None:
            return self
        if self.native_histogram:
            raise mismatch("`buckets` of a native histogram", "none; it has a bucket at any threshold", "buckets")
        if self.threshold not in self.buckets:
            expected = f"one, such as the nearest, {nearest_bounds(self.threshold, self.buckets)}"
            raise mismatch(f"{self.threshold:.12g}, which is no bucket bound", expected, "threshold")
        return self

    @property
    def source(self) -> Selector:
        """The histogram of either kind."""
        histogram = self.histogram or self.native_histogram
        assert histogram is not None
        return histogram

    @property
    def total(self) -> Selector:
        """The counter of all events of a classic histogram."""
        return Selector(f"{self.source.metric}_count", self.source.matchers)

    @property
    def good(self) -> Selector:
        """The counter of fast events of a classic histogram; matches the bound as any client or server writes it
        (`60`, `60.0`)."""
        first, *others = _as_written(self.threshold)
        patterns = (text.replace(".", "[.]").replace("+", "[+]") for text in (first, *others))
        le = Matcher("le", "=~", "|".join(patterns)) if others else Matcher("le", "=", first)
        return Selector(f"{self.source.metric}_bucket", self.source.matchers).where(le)


def _as_written(bound: float) -> tuple[str, ...]:
    """How clients and servers write a bucket's bound; Go (strconv.FormatFloat, 'g') has exponents from 1e+06 on."""
    sign, digits, exponent = Decimal(repr(bound)).normalize().as_tuple()
    assert not sign
    assert isinstance(exponent, int)
    first, rest = digits[0], "".join(map(str, digits[1:]))
    power = len(rest) + exponent
    plain = (str(int(bound)), f"{int(bound)}.0") if bound.is_integer() else (repr(bound),)
    return (*plain, f"{first}{rest and '.'}{rest}e+{power:02}") if power >= _GO_EXPONENTS_FROM else plain


class LogRatio(Part):
    """Bad log lines over all log lines, counted by Loki's ruler every minute."""

    bad: LogQuery = Field(description="A LogQL query of the lines of bad events.")
    total: LogQuery = Field(description="A LogQL query of the lines of all events.")

    @model_validator(mode="after")
    def _fewer_than_all(self) -> Self:
        _not_all(self)
        return self


class QueryRatio(Part):
    """The way out for what selectors can't say: PromQL over `[$window]`."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["bad", "total"]}, {"required": ["error_ratio"], "maxProperties": 1}]}
    )

    bad: WindowedPromQL | None = Field(None, description="The number of bad events, such as sum(increase(x[$window])).")
    total: WindowedPromQL | None = Field(
        None, description="The number of all events, such as sum(increase(y[$window]))."
    )
    error_ratio: WindowedPromQL | None = Field(
        None, description="In place of both: the share of bad events, 0 to 1, when nothing can be counted."
    )

    @model_validator(mode="after")
    def _counts_or_ratio(self) -> Self:
        given = [key for key in ("bad", "total", "error_ratio") if getattr(self, key) is not None]
        if given not in (["bad", "total"], ["error_ratio"]):
            what = " and ".join(f"`{key}`" for key in given) or "no query"
            raise mismatch(what, "`bad` and `total`, or `error_ratio` alone")
        _not_all(self)
        return self


@dataclass(frozen=True)
class Uptime:
    """The share of time at which 0/1 gauges are 1."""

    gauge: Selector


Kind = EventRatio | LatencyRatio | Uptime | TimeSlices | LogRatio | QueryRatio
KINDS = ("events", "latency", "uptime", "slices", "logs", "queries")
_TIME_WEIGHTED = ("uptime", "slices")


class Sli(Part):
    """How good events are told from bad ones; exactly one kind."""

    model_config = ConfigDict(
        json_schema_extra={**one_of(*KINDS), "dependentSchemas": {"up": {"not": any_of(*_TIME_WEIGHTED)}}}
    )

    events: EventRatio | None = Field(None, description="A ratio of counters.")
    latency: LatencyRatio | None = Field(None, description="A histogram and a threshold.")
    uptime: Selector | None = Field(
        None,
        description="0/1 gauges (`up`, `probe_success`): the share of time at which they are 1.",
        examples=['probe_success{job="api/health"}'],
    )
    slices: TimeSlices | None = Field(None, description="Slices of time, good or bad by a quantile, ratio or value.")
    logs: LogRatio | None = Field(None, description="A ratio of log lines.")
    queries: QueryRatio | None = Field(None, description="PromQL with a $window placeholder.")
    up: Selector | None = Field(
        None,
        description="0/1 gauges of what answers (`up` or `probe_success`): while none is 1, the traffic of the hour "
        "before counts as failed.",
        examples=['up{job="api"}'],
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [key for key in KINDS if getattr(self, key) is not None]
        if len(kinds) != 1:
            raise mismatch(" and ".join(kinds) or "no kind of SLI", f"exactly one of {', '.join(KINDS)}")
        if self.up and kinds[0] in _TIME_WEIGHTED:
            raise mismatch(f"`up` beside `{kinds[0]}`", "`up` beside a ratio of events; time needs none", "up")
        return self

    @property
    def watches_time(self) -> bool:
        """Whether its events are seconds of which the bad share is known, not single ones that happen by chance."""
        return self.uptime is not None or (self.queries is not None and self.queries.error_ratio is not None)

    @property
    def asked(self) -> tuple[PromQL, ...]:
        """The queries that its file writes out."""
        queries, value = self.queries, self.slices.value if self.slices else None
        written = (queries.bad, queries.total, queries.error_ratio) if queries else (value,)
        return tuple(text for text in written if text is not None)

    @property
    def told_apart_by(self) -> frozenset[str]:
        """The labels by which its selectors tell bad (or good) events from all."""
        ratio = self.events or self.slices
        part = (ratio.bad or ratio.good) if ratio else None
        if ratio is None or part is None or ratio.total is None:
            return frozenset()
        there = [Matcher(matcher.label, "!=", "") for matcher in part.matchers]
        return frozenset(matcher.label for matcher in {*part.matchers} - {*ratio.total.matchers} - {*there})

    @property
    def kind_name(self) -> str:
        """The key of the one kind that is set."""
        return next(key for key in KINDS if getattr(self, key) is not None)

    @property
    def kind(self) -> Kind:
        """The one kind that is set."""
        kind = getattr(self, self.kind_name)
        return Uptime(kind) if isinstance(kind, Selector) else kind
