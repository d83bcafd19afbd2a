"""Slices of time, good or bad by their value."""

from __future__ import annotations

from typing import Self

from pydantic import ConfigDict, Field, model_validator

from slostack.spec.counted import check_histogram, check_part_of_total
from slostack.spec.fields import Limit, Quantile
from slostack.spec.part import Part, exactly_one, one_of
from slostack.spec.quantities import Duration, Selector, SlicePromQL, mismatch

_SLICE_STEP = Duration(300)
_LONGEST_SLICE = Duration(3600)
_BELONGS = {"histogram": "quantile", "native_histogram": "quantile", "bad": "total", "good": "total"}
"""Keys of slices, and those that they stand beside."""


def _check_limit(kind: str, name: str, limit: float) -> None:
    """Raises PydanticCustomError where every value that there can be, or none, meets a limit."""
    if kind == "total" and not (0 < limit <= 1 if name in ("below", "at_least") else 0 <= limit < 1):
        raise mismatch(f"{limit:g}, which every or no ratio meets", "a share between 0 and 1, such as 0.99", name)
    if kind == "quantile" and not limit > 0:
        raise mismatch(f"{limit:g}, which every or no quantile meets", "a limit above 0, such as 0.2 (seconds)", name)


class TimeSlices(Part):
    """Good slices of time over all slices that have data: a slice is good when its value meets the limit."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                one_of("quantile", "total", "value"),
                one_of("below", "at_most", "above", "at_least"),
                {"if": {"required": ["quantile"]}, "then": one_of("histogram", "native_histogram")},
                {"if": {"required": ["total"]}, "then": one_of("bad", "good")},
            ],
            "dependentRequired": {key: [needed] for key, needed in _BELONGS.items()},
        }
    )

    length: Duration = Field(Duration(300), description="The length of a slice: 1m, 5m or whole 5m up to 1h.")
    quantile: Quantile | None = Field(None, description="The quantile to judge, above 0 and below 1, of a histogram.")
    histogram: Selector | None = Field(None, description="A classic histogram (without _bucket), for `quantile`.")
    native_histogram: Selector | None = Field(None, description="A native histogram, for `quantile`.")
    bad: Selector | None = Field(None, description="A selector of counters of bad events, for a ratio with `total`.")
    good: Selector | None = Field(None, description="A selector of the counters of good events, in place of `bad`.")
    total: Selector | None = Field(None, description="A selector of the counters of all events, for a ratio.")
    value: SlicePromQL | None = Field(None, description="PromQL for any other value; [$window] is the slice.")
    below: Limit | None = Field(None, description="A good slice's value is below this (seconds, for a quantile).")
    at_most: Limit | None = Field(None, description="A good slice's value is at most this.")
    above: Limit | None = Field(None, description="A good slice's value is above this.")
    at_least: Limit | None = Field(None, description="A good slice's value is at least this.")

    @model_validator(mode="after")
    def _one_value_and_one_limit(self) -> Self:
        for key, needed in _BELONGS.items():
            if getattr(self, key) is not None and getattr(self, needed) is None:
                raise mismatch(f"`{key}` without `{needed}`", f"`{needed}` beside it", key)
        kind = exactly_one(self, "quantile", "total", "value")
        limit = exactly_one(self, "below", "at_most", "above", "at_least")
        _check_limit(kind, limit, getattr(self, limit))
        if kind == "quantile":
            check_histogram(self, exactly_one(self, "histogram", "native_histogram"))
        if kind == "total":
            check_part_of_total(self, self.total)
        step, longest = _SLICE_STEP.seconds, _LONGEST_SLICE.seconds
        seconds = self.length.seconds
        if seconds % 60 or seconds > longest or (step % seconds and seconds % step):
            raise mismatch(f"{self.length}", "1m, 5m or a multiple of 5m up to 1h", "length")
        return self

    @property
    def source(self) -> Selector | None:
        """What is scraped for it; None where its value is asked for by PromQL."""
        return self.histogram or self.native_histogram or self.total

    @property
    def bad_comparison(self) -> tuple[str, float]:
        """The PromQL operator and the limit that a bad slice's value meets."""
        for operator, limit in ((">=", self.below), (">", self.at_most), ("<=", self.above), ("<", self.at_least)):
            if limit is not None:
                return operator, limit
        raise AssertionError(self)
