"""When maintenance was under way: what slostack/rules/maintenance.py asks of the clock, for many times at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from cronsim import CronSim

from slostack.backtest.history import Flags, Times, milliseconds
from slostack.spec import Duration
from slostack.spec.maintenance import Maintenance

NOW = Duration(0)


def under_maintenance(windows: Sequence[Maintenance], span: Duration, ends: Times) -> Flags:
    """Whether any maintenance was under way within the last `span` before each time; `NOW`: at it."""
    touched = np.zeros(len(ends), bool)
    for window in windows if len(ends) else ():
        reach = milliseconds(window.duration) + milliseconds(span)
        begins = _begins(window, int(ends[0]) - reach, int(ends[-1]))
        last = np.searchsorted(begins, ends, side="right") - 1
        touched |= (last >= 0) & (ends - begins[last] < reach) if len(begins) else False
    return touched


def _begins(window: Maintenance, start: int, end: int) -> Times:
    """When it began in a span of time, by its cron expression in UTC."""
    times: list[int] = []
    for begin in CronSim(window.cron, datetime.fromtimestamp(start / 1000, UTC) - timedelta(minutes=1)):
        at = round(begin.timestamp() * 1000)
        if at > end:
            break
        times.append(at)
    return np.array(times, np.int64)
