"""Error ratios of the short windows, straight from the raw counters."""

from __future__ import annotations

from slostack import names
from slostack.rules.model import RecordingRule
from slostack.spec.model import EventRatio, LatencyRatio, QueryRatio, Sli
from slostack.spec.quantities import Duration, Selector

RAW_WINDOW = Duration(3600)
"""The longest window that is read from raw series."""


def raw_rules(sli: Sli, window: Duration, identity: str) -> tuple[RecordingRule, RecordingRule]:
    """The rate of all events over a window, and the share of bad ones: a ratio of sums, nothing where there is no
    traffic, never NaN. All events are read from raw once, then from what the first rule recorded."""
    name = names.event_rate(window)
    recorded = f"{name}{{{identity}}}"
    match sli.kind:
        case QueryRatio(bad=bad_query, total=total_query):
            events = f"sum({total_query.over(window)}) / {window.seconds}"
            ratio = _ratio(f"sum({bad_query.over(window)}) / {window.seconds}", recorded)
        case LatencyRatio(good=good, total=total):
            events, ratio = _rate(total, window), _complement(_rate(good, window), recorded)
        case EventRatio(bad=Selector() as bad, total=total):
            events, ratio = _rate(total, window), _ratio(_rate(bad, window), recorded)
        case EventRatio(good=Selector() as good, total=total):
            events, ratio = _rate(total, window), _complement(_rate(good, window), recorded)
        case _:
            raise AssertionError(sli)
    return RecordingRule(name, f"{events} >= 0"), RecordingRule(names.error_ratio(window), ratio)


def _rate(counter: Selector, window: Duration) -> str:
    return f"sum(rate({counter}[{window}]))"


def _ratio(bad: str, events: str) -> str:
    return f"sum({bad} or 0 * {events})\n/ sum({events} > 0)\n>= 0"


def _complement(good: str, events: str) -> str:
    """1 - good / all; good events that are counted a little later than all events make it no less than 0."""
    return f"clamp_min(1 - sum({good} or 0 * {events})\n/ sum({events} > 0), 0)\n>= 0"
