"""What an outage fails, computed from raw series: slostack/rules/outage.py for an SLI that was not recorded."""

from __future__ import annotations

import numpy as np

from slostack import names
from slostack.backtest.found import Sampled
from slostack.backtest.history import Floats, Times, milliseconds, sum_over
from slostack.backtest.maintenance import under_maintenance
from slostack.backtest.subjects import Version
from slostack.rules.outage import MEMORY, memory_after, unseen_seconds
from slostack.spec import Duration

_SETTLED = milliseconds(names.EVALUATION_INTERVAL)
_AND_ONE_BEFORE = Duration(names.TIER_INTERVAL.seconds + names.EVALUATION_INTERVAL.seconds)


def outage_events(version: Version, up: Sampled, counted: Times, events: Floats) -> Floats:
    """The events that an outage is taken to have failed at each time of counting: seconds down x the median traffic
    before, of which earlier ones of the same outage are a part. `up` is 1 or 0, or nothing while it was never known."""
    times, answers = up
    ends = counted - _SETTLED
    down = sum_over(times, 1 - answers, names.TIER_INTERVAL, ends).total * names.EVALUATION_INTERVAL.seconds
    begins = np.concatenate(([0.0], (np.diff(answers) < 0).astype(np.float64))) if len(answers) else answers
    down += unseen_seconds(version.service.scrape_interval) * sum_over(times, begins, _AND_ONE_BEFORE, ends).total
    total, failed = events.copy(), np.zeros(len(events))
    maintenance = version.slo.maintenance
    after_maintenance = under_maintenance(maintenance, MEMORY, counted)
    for index in np.flatnonzero(down > 0):
        memory = memory_after(maintenance) if after_maintenance[index] else MEMORY
        first = np.searchsorted(counted, counted[index] - milliseconds(memory), side="right")
        before = total[first:index]
        before = before[before > 0] if after_maintenance[index] else before[~np.isnan(before)]
        if len(before):
            failed[index] = down[index] / names.TIER_INTERVAL.seconds * np.median(before)
            total[index] = np.nan_to_num(total[index]) + failed[index]
    return failed
