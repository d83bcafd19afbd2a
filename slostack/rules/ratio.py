"""Error ratios of the short windows, straight from the raw counters."""

from __future__ import annotations

from slostack.spec.model import EventRatio, LatencyRatio, QueryRatio, Sli
from slostack.spec.quantities import Duration, Selector

RAW_WINDOW = Duration(3600)
"""The longest window that is read from raw series."""


def raw_error_ratio(sli: Sli, window: Duration) -> str:
    """The share of bad events over a window: a ratio of sums; nothing where there is no traffic, never NaN."""
    match sli.kind:
        case QueryRatio(bad=bad_query, total=total_query):
            return _ratio(f"sum({bad_query.over(window)})", f"sum({total_query.over(window)})")
        case LatencyRatio(good=good, total=total):
            return _complement(_rate(good, window), _rate(total, window))
        case EventRatio(bad=Selector() as bad, total=total):
            return _ratio(_rate(bad, window), _rate(total, window))
        case EventRatio(good=Selector() as good, total=total):
            return _complement(_rate(good, window), _rate(total, window))
    raise AssertionError(sli)


def _rate(counter: Selector, window: Duration) -> str:
    return f"sum(rate({counter}[{window}]))"


def _ratio(bad: str, total: str) -> str:
    return f"({bad} or 0 * {total})\n/ ({total} > 0)\n>= 0"


def _complement(good: str, total: str) -> str:
    """1 - good / total; good events that are counted a little later than all events make it no less than 0."""
    return f"clamp_min(1 - ({good} or 0 * {total})\n/ ({total} > 0), 0)\n>= 0"
