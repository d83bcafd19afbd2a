"""The five-minute tier: recorded counts of bad and of all events, which make up for what went wrong meanwhile.

The count of a counter X over the time D since the last count is the difference of its last values, which survives
failed scrapes, late commits and pods that come and go; where a counter was reset, or is younger than D, it is
`increase`. The offset keeps away from scrapes that are still under way (a scrape is stamped at its start and
visible at its end), so it exceeds the scrape timeout.

D is five minutes, or more after evaluations were missed: the rungs of a ladder, told apart by the age of the last
count. Their conditions exclude each other; a condition that fell through on an empty result would count twice.
"""

from __future__ import annotations

from itertools import pairwise

from slostack import names
from slostack.rules.model import RecordingRule
from slostack.spec.model import EventRatio, LatencyRatio, QueryRatio, Sli
from slostack.spec.quantities import Duration, Selector, WindowedPromQL

RUNGS = tuple(Duration(60 * minutes) for minutes in (5, 10, 15, 20, 30, 45, 60))
"""No further apart than LOOKBACK, so that a counter's value at the last count is found from the rung below."""
LONGEST_GAP = Duration(75 * 60)
"""After a longer gap counting starts anew."""
LOOKBACK = Duration(15 * 60)
"""How long a counter may go unscraped before its increase meanwhile is lost."""
MARGIN = Duration(60)
"""Keeps a range that reaches back to one count clear of the count before it."""

Counter = Selector | WindowedPromQL


def count_rules(sli: Sli, identity: str, scrape_timeout: Duration) -> tuple[RecordingRule, ...]:
    """The tier's recordings: bad events before all events (and those before good ones are subtracted), so that a
    group that is cut short counts again next time instead of losing errors."""
    events = f"{names.EVENTS}{{{identity}}}"
    bad_events = f"{names.BAD_EVENTS}{{{identity}}}"
    good_events = f"{names.GOOD_EVENTS}{{{identity}}}"
    outage = f"{names.OUTAGE_EVENTS}{{{identity}}}" if sli.up else None
    offset = Duration(scrape_timeout.seconds + 5)

    def bad_first(bad: Counter, total: Counter) -> tuple[RecordingRule, ...]:
        bad_count = _count(bad, events, offset, outage)
        return (
            RecordingRule(names.BAD_EVENTS, f"{bad_count}\nor\n0 * sum(last_over_time({events}[9m]))"),
            RecordingRule(names.EVENTS, _count(total, events, offset, outage)),
        )

    def good_first(good: Counter, total: Counter) -> tuple[RecordingRule, ...]:
        return (
            RecordingRule(names.GOOD_EVENTS, _count(good, bad_events, offset)),
            RecordingRule(names.EVENTS, _count(total, bad_events, offset, outage)),
            RecordingRule(names.BAD_EVENTS, f"clamp_min({events} - ({good_events} or 0 * {events}), 0)"),
        )

    match sli.kind:
        case QueryRatio(bad=bad, total=total):
            return bad_first(bad, total)
        case LatencyRatio(good=good, total=total):
            return good_first(good, total)
        case EventRatio(bad=Selector() as bad, total=total):
            return bad_first(bad, total)
        case EventRatio(good=Selector() as good, total=total):
            return good_first(good, total)
    raise AssertionError(sli)


def _count(counter: Counter, last_count: str, offset: Duration, outage: str | None = None) -> str:
    """The events since the last count, by the rung that its age selects."""
    ends = [Duration(longer.seconds - MARGIN.seconds) for longer in (*RUNGS[1:], LONGEST_GAP)]
    started = f"count_over_time({last_count}[{ends[0]}])"
    ever = f"count_over_time({last_count}[{ends[-1]}])"
    first = f"{_events(counter, RUNGS[0], offset, outage)}\nunless on () ({ever} unless {started})"
    later = (
        f"{_events(counter, rung, offset, outage)}\n"
        f"and on () (count_over_time({last_count}[{end}]) unless count_over_time({last_count}[{nearer}]))"
        for rung, (nearer, end) in zip(RUNGS[1:], pairwise(ends), strict=True)
    )
    return "\nor\n".join((first, *later))


def _events(counter: Counter, span: Duration, offset: Duration, outage: str | None) -> str:
    """The sum of a counter's events over a span, and of what an outage failed; series that are NaN are left out."""
    and_outage = f" or {outage}" if outage else ""
    if isinstance(counter, WindowedPromQL):
        return f"sum(({counter.over(span)}) >= 0{and_outage})"
    before = Duration(span.seconds + offset.seconds)
    watched = Duration(span.seconds + MARGIN.seconds)
    return (
        "sum((\n"
        f"  (last_over_time({counter}[{LOOKBACK}] offset {offset})"
        f" - last_over_time({counter}[{LOOKBACK}] offset {before}) >= 0)\n"
        f"  unless resets({counter}[{watched}] offset {offset}) > 0\n"
        f"  or increase({counter}[{span}] offset {offset})\n"
        f") >= 0{and_outage})"
    )
