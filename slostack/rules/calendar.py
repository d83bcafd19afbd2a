"""Budgets of calendar windows: each count carries the period that it belongs to, so that a new one begins empty."""

from __future__ import annotations

from slostack import names
from slostack.rules.model import RecordingRule
from slostack.spec.quantities import Duration
from slostack.spec.windows import Calendar

_FIRST_MONDAY = 4 * 86400
"""The first Monday of Unix time."""
_A_DAY = 86400 // names.TIER_INTERVAL.seconds
PERIODS = {
    "week": f"floor((TIME - {_FIRST_MONDAY}) / {7 * 86400})",
    "month": "year(TIME) * 100 + month(TIME)",
    "quarter": "year(TIME) * 10 + ceil(month(TIME) / 3)",
}
"""What tells the period of a time from any other."""
_QUARTER = "scalar(ceil(month() / 3))"
_LEAP_DAY = "(year() % 4 == bool 0) - (year() % 100 == bool 0) + (year() % 400 == bool 0)"
_DAYS = {
    "week": "7",
    "month": "scalar(days_in_month())",
    "quarter": f"(92 - ({_QUARTER} == bool 2) - ({_QUARTER} == bool 1) * (2 - scalar({_LEAP_DAY})))",
}


def period_rules(calendar: Calendar, identity: str) -> tuple[RecordingRule, ...]:
    """The counts of five minutes, labelled with the period in which they begin: none burdens the next one."""
    began = _period(calendar, f"vector(time() - {names.TIER_INTERVAL.seconds})")
    return tuple(
        RecordingRule(labelled, f"{count}{{{identity}}} * on () group_left ({names.PERIOD}) {began}")
        for labelled, count in (
            (names.PERIOD_BAD_EVENTS, names.BAD_EVENTS),
            (names.PERIOD_EVENTS, names.EVENTS),
        )
    )


def since_its_start(function: str, counts: str, calendar: Calendar, identity: str) -> str:
    """A function over the counts of the present period alone; 0 before its first one."""
    series = f"{function}({counts}{{{identity}}}[{calendar.longest}])"
    present = f"{series} and on ({names.PERIOD}) {_period(calendar, 'vector(time())')}"
    return f"(sum without ({names.PERIOD}) ({present}) or 0 * {names.EVENTS}{{{identity}}})"


def counts_in(window: Duration | Calendar) -> str:
    """How many counts of five minutes a whole window has, as PromQL."""
    if isinstance(window, Calendar):
        return f"({_A_DAY} * {_DAYS[window.name]})"
    return str(window.seconds // names.TIER_INTERVAL.seconds)


def _period(calendar: Calendar, time: str) -> str:
    """1, labelled with the period of a time."""
    return f'count_values("{names.PERIOD}", {PERIODS[calendar.name].replace("TIME", time)})'
