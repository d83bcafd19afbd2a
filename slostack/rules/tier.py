"""The five-minute tier: recorded counts of bad and of all events, which make up for what went wrong meanwhile.

The offset keeps away from scrapes that are still under way (a scrape is stamped at its start and visible at its
end), so it exceeds the scrape timeout.

The span of a count is five minutes, or more after evaluations were missed: the rungs of a ladder, told apart by the
age of the last count. Their conditions exclude each other; a condition that fell through on an empty result would
count twice.
"""

from __future__ import annotations

from itertools import pairwise

from slostack import names
from slostack.rules.grouping import Grouping
from slostack.rules.maintenance import untouched
from slostack.rules.measure import MARGIN, Measure, Measures
from slostack.rules.model import RecordingRule
from slostack.spec.maintenance import Maintenance
from slostack.spec.quantities import Duration

RUNGS = tuple(Duration(60 * minutes) for minutes in (5, 10, 15, 20, 25, 40, 55))
"""No further apart than measure.LOOKBACK, so that a counter's value at the last count is found from the rung below."""
LONGEST_GAP = Duration(70 * 60)
"""After a longer gap counting starts anew."""


def count_rules(
    of: Measures,
    by: Grouping,
    identity: str,
    offset: Duration,
    maintenance: tuple[Maintenance, ...],
    outage: str | None,
) -> tuple[RecordingRule, ...]:
    """The tier's recordings: bad events before all events (and those before good ones are subtracted), so that a
    group that is cut short counts again next time instead of losing errors. `outage` names a series to be added."""
    events = f"{names.EVENTS}{{{identity}}}"
    bad_events = f"{names.BAD_EVENTS}{{{identity}}}"
    good_events = f"{names.GOOD_EVENTS}{{{identity}}}"

    def reach(span: Duration) -> Duration:
        return Duration(span.seconds + offset.seconds + of.looks_back.seconds)

    def counted(measure: Measure, last_count: str, and_outage: str | None) -> str:
        counts = [
            untouched(counted_events(measure, rung, offset, by, and_outage), maintenance, reach(rung)) for rung in RUNGS
        ]
        return by.admitted(_by_age(counts, last_count, by), identity)

    if of.part_is_good:
        there = of.part.rate(names.TIER_INTERVAL)
        return (
            RecordingRule(names.GOOD_EVENTS, counted(of.part, bad_events, None)),
            RecordingRule(names.EVENTS, counted(of.total, bad_events, outage)),
            RecordingRule(
                names.BAD_EVENTS,
                # Without good series all events are bad; where those are NaN, none is.
                f"clamp_min({events} - ({good_events} or 0 * {events} unless {by.on} {there}), 0)\nor\n0 * {events}",
            ),
        )
    bad_count = counted(of.part, events, outage)
    return (
        RecordingRule(names.BAD_EVENTS, f"{bad_count}\nor\n0 * {by.sum(f'last_over_time({events}[9m])')}"),
        RecordingRule(names.EVENTS, counted(of.total, events, outage)),
    )


def rung(age: Duration) -> Duration:
    """The span of the count that follows on one of this age."""
    within = [span for span in RUNGS if span.seconds - MARGIN.seconds <= age.seconds]
    return within[-1] if within and age.seconds < LONGEST_GAP.seconds - MARGIN.seconds else RUNGS[0]


def _by_age(counts: list[str], last_count: str, by: Grouping) -> str:
    """The count of the rung that the age of the last count selects."""
    ends = [Duration(longer.seconds - MARGIN.seconds) for longer in (*RUNGS[1:], LONGEST_GAP)]
    started = f"count_over_time({last_count}[{ends[0]}])"
    ever = f"count_over_time({last_count}[{ends[-1]}])"
    first = f"{counts[0]}\nunless {by.on} ({ever} unless {started})"
    later = (
        f"{count}\nand {by.on} (count_over_time({last_count}[{end}]) unless count_over_time({last_count}[{nearer}]))"
        for count, (nearer, end) in zip(counts[1:], pairwise(ends), strict=True)
    )
    return "\nor\n".join((first, *later))


def counted_events(measure: Measure, span: Duration, offset: Duration, by: Grouping, outage: str | None = None) -> str:
    """The sum of a measure's events over a span, and of what an outage failed; what is no number is left out."""
    and_outage = f" or {outage}" if outage else ""
    return by.sum(f"(\n{measure.count(span, offset)}\n) >= 0 < Inf{and_outage}")
