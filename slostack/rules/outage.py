"""What a total outage costs: while nothing answers, the traffic of the hour before counts as failed."""

from __future__ import annotations

from slostack import names
from slostack.rules.grouping import Grouping
from slostack.rules.maintenance import outside
from slostack.rules.model import RecordingRule
from slostack.spec.maintenance import Maintenance
from slostack.spec.quantities import Duration, Selector

MEMORY = Duration(3600)
"""The traffic of this time before an outage is what the outage is taken to fail."""
SCRAPES_TO_CONFIRM = 4
"""An outage begins when this many scrapes in a row were answered by nobody: single scrapes fail for other reasons."""
UNBROKEN_EVALUATIONS = 4
"""Before a target counts as vanished from discovery: a Prometheus that just started has not scraped yet."""


def up_rule(up: Selector, identity: str, scrape_interval: Duration) -> RecordingRule:
    """1 while any series of `up` was 1 lately, else 0; 0 as well for a service that vanished from discovery."""
    step = names.EVALUATION_INTERVAL.seconds
    judged = Duration(UNBROKEN_EVALUATIONS * step + step // 2)
    expr = (
        f"{anything_answers(up, scrape_interval)}\nor\n"
        f"0 * max(count_over_time({names.UP}{{{identity}}}[{judged}]) >= {UNBROKEN_EVALUATIONS})"
    )
    return RecordingRule(names.UP, expr)


def anything_answers(up: Selector, scrape_interval: Duration) -> str:
    """1 while any series of `up` was 1 lately, else 0; nothing where there is none."""
    return f"max(max_over_time({up}[{_confirmation(scrape_interval)}]))"


def outage_events_rule(
    identity: str, by: Grouping, scrape_interval: Duration, maintenance: tuple[Maintenance, ...]
) -> RecordingRule:
    """The events that the last five minutes would have had while nothing answered.

    Seconds down x median traffic, which a count that makes up for a gap doesn't move: each evaluation that found
    nothing up counts for its interval, each beginning of an outage for the rest of the time that confirmed it.
    """
    tier, step = names.TIER_INTERVAL, names.EVALUATION_INTERVAL
    up, settled = f"{names.UP}{{{identity}}}", f"offset {step}"
    and_one_before = Duration(tier.seconds + step.seconds)
    unseen = unseen_seconds(scrape_interval)
    joined = f"on ({names.SERVICE}, {names.SLO}) group_right () " if by.labels else ""
    traffic = _traffic(f"{names.EVENTS}{{{identity}}}", maintenance)
    expr = (
        f"(\n  {step.seconds} * (count_over_time({up}[{tier}] {settled}) - sum_over_time({up}[{tier}] {settled}))\n"
        f"  + {unseen} * resets({up}[{and_one_before}] {settled})\n"
        f") / {tier.seconds}\n* {joined}{traffic} > 0"
    )
    return RecordingRule(names.OUTAGE_EVENTS, expr)


def unseen_seconds(scrape_interval: Duration) -> int:
    """How long an outage lasts before it begins to be counted."""
    return max(_confirmation(scrape_interval).seconds - names.EVALUATION_INTERVAL.seconds, 0)


def memory_after(maintenance: tuple[Maintenance, ...]) -> Duration:
    """How far back traffic is remembered after maintenance, which counts nothing."""
    return Duration(max(window.duration.seconds for window in maintenance) + 2 * MEMORY.seconds)


def _traffic(events: str, maintenance: tuple[Maintenance, ...]) -> str:
    """The median count of the last hour; after maintenance, which counts nothing, that of the hour before it too."""
    median = f"quantile_over_time(0.5, {events}[{MEMORY}])"
    if not maintenance:
        return median
    before = f"({events} > 0)[{memory_after(maintenance)}:{names.TIER_INTERVAL}]"
    return f"(\n{outside(median, f'quantile_over_time(0.5, {before})', maintenance, MEMORY)}\n)"


def _confirmation(scrape_interval: Duration) -> Duration:
    return Duration(SCRAPES_TO_CONFIRM * scrape_interval.seconds)
