"""What is counted: a part of all events, and histograms by their base names."""

from __future__ import annotations

from slostack.spec.part import Part, exactly_one
from slostack.spec.quantities import Selector, mismatch


def check_part_of_total(part: Part, total: Selector | None) -> None:
    """Raises PydanticCustomError unless there are bad or good events, other than all of them."""
    key = exactly_one(part, "bad", "good")
    some = getattr(part, key)
    if total and some.metric == total.metric and {*some.matchers} <= {*total.matchers}:
        raise mismatch(f"{some}, which has all events of `total`", "a selector of fewer events than all", key)


def check_histogram(part: Part, key: str) -> None:
    """Raises PydanticCustomError for one of its series, or a bucket of it."""
    histogram: Selector = getattr(part, key)
    for suffix in ("_bucket", "_count", "_sum"):
        if histogram.metric.endswith(suffix):
            name = histogram.metric
            raise mismatch(f"{name!r}", f"the histogram's base name {name.removesuffix(suffix)!r}", key)
    if any(matcher.label == "le" for matcher in histogram.matchers):
        raise mismatch("a matcher on `le`", "a histogram without it; the generator chooses the bucket", key)
