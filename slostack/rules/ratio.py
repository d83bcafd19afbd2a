"""Error ratios of the short windows, every 30 s."""

from __future__ import annotations

from slostack import names
from slostack.rules.grouping import Grouping
from slostack.rules.maintenance import outside
from slostack.rules.measure import Measures
from slostack.rules.model import RecordingRule
from slostack.spec.maintenance import Maintenance
from slostack.spec.quantities import Duration

RAW_WINDOW = Duration(3600)
"""The longest window that is read from raw series."""


def raw_rules(
    of: Measures, window: Duration, by: Grouping, identity: str, maintenance: tuple[Maintenance, ...]
) -> tuple[RecordingRule, RecordingRule]:
    """The rate of all events over a window, and the share of bad ones: a ratio of sums, nothing where there is no
    traffic, never NaN. All events are read from raw once, then from what the first rule recorded. A ratio that would
    reach into maintenance is that of the five-minute counts, which leave it out."""
    name = names.event_rate(window)
    ratio = bad_share(of, window, by, f"{name}{{{identity}}}")
    bad, counted = (
        by.sum(f"sum_over_time({count}{{{identity}}}[{window}])") for count in (names.BAD_EVENTS, names.EVENTS)
    )
    reach = Duration(window.seconds + of.looks_back.seconds)
    return (
        RecordingRule(name, by.admitted(rate_of_events(of, window), identity)),
        RecordingRule(names.error_ratio(window), outside(ratio, f"{bad} / ({counted} > 0)", maintenance, reach)),
    )


def rate_of_events(of: Measures, window: Duration) -> str:
    """All events per second over a window, as raw series tell."""
    return f"{of.total.rate(window)} >= 0 < Inf"


def bad_share(of: Measures, window: Duration, by: Grouping, events: str) -> str:
    """The share of bad events over a window, as raw series tell; `events` gives the rate of all events."""
    part = of.part.rate(window)
    share = f"{by.sum(f'{part} or 0 * {events}')}\n/ {by.sum(f'{events} > 0')}"
    # Good events that are counted a little later than all events make it no less than 0.
    return f"clamp_min(1 - {share}, 0)\n>= 0" if of.part_is_good else f"{share}\n>= 0 < Inf"
