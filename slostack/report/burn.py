"""When the burn began that a page tells of, and what it spent, by an SLO's history."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from slostack import names
from slostack.backtest.budget import spent_within
from slostack.backtest.history import History, milliseconds
from slostack.backtest.model import Span
from slostack.rules.page import SHORT
from slostack.spec import Slo


def began(slo: Slo, histories: Iterable[History], at: float) -> float | None:
    """When the error ratio of five minutes last rose above the budget before a time and stayed there, of the label set
    that burned for longest; None where none did."""
    found = [start for history in histories if (start := _began(slo, history, round(at * 1000))) is not None]
    return min(found, default=None)


def spent(slo: Slo, histories: Iterable[History], during: Span) -> float | None:
    """The share of the budget that was spent in a time, of the label set that spent most.

    What happens in five minutes is counted up to five minutes later.
    """
    start, end = round(during.start * 1000), round(during.end * 1000) + milliseconds(names.TIER_INTERVAL)
    shares = [share for history in histories if (share := spent_within(slo, history, start, end)) is not None]
    return max(shares, default=None)


def _began(slo: Slo, history: History, at: int) -> float | None:
    times = history.evaluated[: int(np.searchsorted(history.evaluated, at, side="right"))]
    ratio = history.ratios[SHORT][: len(times)]
    known = np.flatnonzero(~np.isnan(ratio))
    if not len(known) or ratio[known[-1]] <= slo.budget:
        return None
    calm = np.flatnonzero(ratio <= slo.budget)
    first = known[np.searchsorted(known, calm[-1], side="right")] if len(calm) else known[0]
    return int(times[first]) / 1000
