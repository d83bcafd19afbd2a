"""What an SLI did, as arrays: the short windows' ratios of every evaluation, and the counts of every five minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slostack.spec import Duration

Floats = NDArray[np.float64]
"""A value per time; NaN where there was none."""
Times = NDArray[np.int64]
"""Unix milliseconds, rising."""
Flags = NDArray[np.bool_]

Labels = tuple[tuple[str, str], ...]
"""The label set of a grouped SLO, by the order of `group_by`; empty for others."""


@dataclass(frozen=True)
class History:
    """The recorded series of one label set.

    `ratios` and `rates` (events per second) are by window up to an hour, at the evaluations of the SLO's 30 s group;
    `bad` and `events` are the counts at the evaluations of its five-minute group.
    """

    labels: Labels
    evaluated: Times
    ratios: Mapping[Duration, Floats]
    rates: Mapping[Duration, Floats]
    counted: Times
    bad: Floats
    events: Floats


@dataclass(frozen=True)
class Sums:
    """Sums over a window that ends at some times, and of how many samples they are."""

    total: Floats
    samples: NDArray[np.int64]


def milliseconds(window: Duration) -> int:
    """A length of time in the unit of times."""
    return 1000 * window.seconds


def sum_over(times: Times, values: Floats, window: Duration, ends: Times) -> Sums:
    """PromQL's sum_over_time at some times: of samples after the window's start, up to its end."""
    known = ~np.isnan(values)
    times, sums = times[known], np.concatenate(([0.0], np.cumsum(values[known])))
    last = np.searchsorted(times, ends, side="right")
    first = np.searchsorted(times, ends - milliseconds(window), side="right")
    return Sums(sums[last] - sums[first], last - first)


def last_over(times: Times, values: Floats, window: Duration, ends: Times) -> Floats:
    """PromQL's last_over_time at some times; NaN where the window holds no sample."""
    known = ~np.isnan(values)
    times, values = times[known], values[known]
    if not len(times):
        return np.full(len(ends), np.nan)
    last = np.searchsorted(times, ends, side="right") - 1
    within = (last >= 0) & (ends - times[last] < milliseconds(window))
    return np.where(within, values[last], np.nan)
