"""The samples that an SLO's five-minute group would have recorded, as OpenMetrics."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from slostack import names
from slostack.backtest.found import Found
from slostack.backtest.history import Labels
from slostack.backtest.subjects import Version
from slostack.spec.quantities import Matcher, Selector
from slostack.spec.windows import Calendar

_OF_PERIODS = {names.EVENTS: names.PERIOD_EVENTS, names.BAD_EVENTS: names.PERIOD_BAD_EVENTS}


def samples(version: Version, counts: Found, start: int, end: int) -> Iterator[str]:
    """The lines of the counts from a time to before another (Unix milliseconds), a series after another; over calendar
    windows also those that carry their period."""
    window = version.slo.window
    for name, of_periods in _OF_PERIODS.items():
        for group in counts.groups:
            times, values = counts.of(name, group)
            told = ~np.isnan(values) & (times >= start) & (times < end)
            known = [(int(at) / 1000, float(value)) for at, value in zip(times[told], values[told], strict=True)]
            series = _series(version, name, group)
            yield from (f"{series} {value!r} {at:.3f}\n" for at, value in known)
            if isinstance(window, Calendar):
                for at, value in known:
                    yield f"{_series(version, of_periods, group, period_of(window, at))} {value!r} {at:.3f}\n"


def period_of(calendar: Calendar, time: float) -> str:
    """The period label of a count that was recorded at a time (Unix seconds), as `rules.calendar.PERIODS` tells it."""
    number, _ = calendar.period_at(int(time) - names.TIER_INTERVAL.seconds)
    match calendar.name:
        case "month":
            year, month = divmod(number, 12)
            return str(year * 100 + month + 1)
        case "quarter":
            year, quarter = divmod(number, 4)
            return str(year * 10 + quarter + 1)
    return str(number)


def _series(version: Version, name: str, group: Labels, period: str | None = None) -> str:
    labels = {names.SERVICE: version.service.service, names.SLO: version.slo.name, **dict(group)}
    if period is not None:
        labels[names.PERIOD] = period
    return str(Selector(name, tuple(Matcher(label, "=", value) for label, value in sorted(labels.items()) if value)))
