"""Maintenance as PromQL: whether a cron expression began one within the last minutes, computed for any time."""

from __future__ import annotations

from collections.abc import Collection
from math import gcd

from cronsim import CronSim

from slostack import names
from slostack.rules.model import RecordingRule
from slostack.spec.maintenance import Maintenance
from slostack.spec.quantities import Duration

_NOW = Duration(60)
_HOUR, _DAY = 60, 24 * 60


def maintenance_rule(windows: tuple[Maintenance, ...]) -> RecordingRule:
    """1 during maintenance, else 0."""
    return RecordingRule(names.MAINTENANCE, f"{touched(windows)}\nor\nvector(0)")


def touched(windows: tuple[Maintenance, ...], span: Duration | None = None) -> str:
    """1 where any maintenance was under way within the last `span` (without one: now), else nothing.

    Looks at each minute at which one may have begun; so it needs no history, and no one to have watched.
    """
    return "\nor\n".join(_began(window, span) for window in windows)


def untouched(expr: str, windows: tuple[Maintenance, ...], span: Duration) -> str:
    """A count of a span, or nought where maintenance was under way in it."""
    if not windows:
        return expr
    return f"({expr})\n* on () group_left ()\n(0 * ({touched(windows, span)}) or vector(1))"


def outside(expr: str, instead: str, windows: tuple[Maintenance, ...], span: Duration) -> str:
    """An expression over a span, in place of it another that leaves maintenance out where the span reaches into it."""
    if not windows:
        return expr
    within = touched(windows, span)
    return f"(\n{expr}\n) unless on () ({within})\nor\n{instead} and on () ({within})"


def _began(window: Maintenance, span: Duration | None) -> str:
    schedule = window.schedule
    reach = Duration(window.duration.seconds + (span.seconds if span else 0))
    return f"max_over_time(({_condition(schedule)})[{reach}:{_step(schedule)}])"


def _condition(schedule: CronSim) -> str:
    """1 at the minutes at which a cron expression begins."""
    days, weekdays = _days(schedule), _among("day_of_week()", {int(day) % 7 for day in schedule.weekdays}, range(7))  # type: ignore[arg-type]
    parts = [
        _among("minute()", schedule.minutes, range(60)),
        _among("hour()", schedule.hours, range(24)),
        _among("month()", schedule.months, range(1, 13)),
    ]
    if schedule.day_and:
        parts += [days, weekdays]
    elif days and weekdays:  # of which either is enough; one that takes every day leaves no condition
        parts.append(f"({days} or {weekdays})")
    chosen = " and ".join(part for part in parts if part)
    return f"0 * ({chosen}) + 1" if chosen else "vector(1)"


def _days(schedule: CronSim) -> str:
    named = {day for day in schedule.days if day > 0}
    condition = _among("day_of_month()", named, range(1, 32))
    if CronSim.LAST not in schedule.days or (named and not condition):
        return condition
    last = "day_of_month() == days_in_month()"
    return f"({last} or {condition})" if condition else f"({last})"


def _among(value: str, chosen: Collection[int], every: range) -> str:
    """A condition on one field of the time; empty where every value is chosen or none is named."""
    if not chosen or set(chosen) >= set(every):
        return ""
    return "(" + " or ".join(_within(value, first, last) for first, last in _runs(chosen)) + ")"


def _within(value: str, first: int, last: int) -> str:
    return f"{value} == {first}" if first == last else f"{value} >= {first} <= {last}"


def _runs(numbers: Collection[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _step(schedule: CronSim) -> Duration:
    """The longest step from the hour that meets every minute at which one may begin."""
    return Duration(60 * gcd(_HOUR, *schedule.minutes))
