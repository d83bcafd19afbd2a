"""The five-minute tier: recorded counts of bad and of all events, which make up for what went wrong meanwhile.

The offset keeps away from scrapes that are still under way (a scrape is stamped at its start and visible at its
end), so it exceeds the scrape timeout.

A count is of five minutes, or after evaluations were missed of all the time since the last count.
"""

from __future__ import annotations

from slostack import names
from slostack.rules.grouping import Grouping
from slostack.rules.maintenance import touched, untouched
from slostack.rules.measure import Measure, Measures
from slostack.rules.model import RecordingRule
from slostack.rules.uncounted import LONGEST_GAP, Uncounted, uncounted_rule
from slostack.spec.maintenance import Maintenance
from slostack.spec.quantities import Duration


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

    uncounted = Uncounted(f"{names.UNCOUNTED}{{{identity}}}", by)
    reach = Duration(names.TIER_INTERVAL.seconds + offset.seconds + of.looks_back.seconds)
    longest = Duration(LONGEST_GAP.seconds + offset.seconds + of.looks_back.seconds)

    def counted(measure: Measure, and_outage: str | None) -> str:
        events = counted_events(measure, names.TIER_INTERVAL, offset, by, and_outage, uncounted)
        if maintenance:
            events = f"{events}\n* {by.on}\n{uncounted.spared(touched(maintenance, longest), identity)}"
        return by.admitted(untouched(events, maintenance, reach), identity)

    if of.part_is_good:
        there = of.part.rate(names.TIER_INTERVAL)
        return (
            uncounted_rule(bad_events, offset),
            RecordingRule(names.GOOD_EVENTS, counted(of.part, None)),
            RecordingRule(names.EVENTS, counted(of.total, outage)),
            RecordingRule(
                names.BAD_EVENTS,
                # Without good series all events are bad; where those are NaN, none is.
                f"clamp_min({events} - ({good_events} or 0 * {events} unless {by.on} {there}), 0)\nor\n0 * {events}",
            ),
        )
    return (
        uncounted_rule(events, offset),
        RecordingRule(
            names.BAD_EVENTS, f"{counted(of.part, outage)}\nor\n0 * {by.sum(f'last_over_time({events}[9m])')}"
        ),
        RecordingRule(names.EVENTS, counted(of.total, outage)),
    )


def counted_events(
    measure: Measure,
    span: Duration,
    offset: Duration,
    by: Grouping,
    outage: str | None = None,
    uncounted: Uncounted | None = None,
) -> str:
    """The sum of a measure's events over a span (all that are uncounted, where some are), and of what an outage
    failed; what is no number is left out."""
    since = f"{measure.count_since(uncounted, offset)}\n  or\n" if uncounted else ""
    and_outage = f" or {outage}" if outage else ""
    return by.sum(f"(\n{since}{measure.count(span, offset)}\n) >= 0 < Inf{and_outage}")
