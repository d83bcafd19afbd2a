"""The error budget as the five-minute group records it: what slostack/rules/budget.py sums up, for many times."""

from __future__ import annotations

import numpy as np

from slostack import names
from slostack.backtest.history import Floats, History, Sums, Times, milliseconds, sum_over
from slostack.spec import Calendar, Duration, Slo


def counted_ratio(history: History, window: Duration) -> Floats:
    """The share of bad events over a window at each time of counting; NaN where there was none."""
    bad, events = counts_over(history, window)
    return _ratio(bad, events)


def counts_over(history: History, window: Duration) -> tuple[Sums, Sums]:
    """Bad events and all events over a window at each time of counting."""
    at = history.counted
    return sum_over(at, history.bad, window, at), sum_over(at, history.events, window, at)


def remaining(slo: Slo, history: History) -> Floats:
    """The share of the budget that is left at each time of counting, weighted by how much of the window is known."""
    bad, events, whole = _window_counts(slo, history)
    ratio = np.where(np.isnan(share := _ratio(bad, events)), 0.0, share)
    left: Floats = 1 - ratio / float(f"{slo.budget:.12g}") * np.minimum(events.samples / whole, 1)
    return np.where(events.samples > 0, left, np.nan)


def spent_within(slo: Slo, history: History, start: int, end: int) -> float | None:
    """The share of the budget that the counts after `start` up to `end` (Unix milliseconds) spent, of the window that
    ends with the last of them; None where nothing was counted."""
    last = int(np.searchsorted(history.counted, end, side="right")) - 1
    if last < 0:
        return None
    _, events, whole = _window_counts(slo, history)
    if not events.total[last]:
        return None
    within = (history.counted > start) & (history.counted <= end)
    if isinstance(slo.window, Calendar):
        periods, _ = _periods(slo.window, history.counted - milliseconds(names.TIER_INTERVAL))
        within &= periods == periods[last]
    known = min(events.samples[last] / whole[last], 1)
    return float(np.nansum(history.bad[within]) / events.total[last] / slo.budget * known)


def _window_counts(slo: Slo, history: History) -> tuple[Sums, Sums, Floats]:
    """Bad events, all events and how many counts it has when it is known as a whole, of the window that ends at each
    time of counting."""
    if isinstance(slo.window, Calendar):
        return _since_its_start(slo.window, history)
    whole = np.full(len(history.counted), slo.window.seconds / names.TIER_INTERVAL.seconds)
    return (*counts_over(history, slo.window), whole)


def _ratio(bad: Sums, events: Sums) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(events.total > 0, bad.total / events.total, np.nan)


def _since_its_start(calendar: Calendar, history: History) -> tuple[Sums, Sums, Floats]:
    """Bad events, all events and how many counts a whole period has, of the period of each time of counting; a count
    belongs to the period in which its five minutes began."""
    began = _periods(calendar, history.counted - milliseconds(names.TIER_INTERVAL))
    now = _periods(calendar, history.counted)
    first = np.searchsorted(began[0], now[0])
    return _from(history.bad, first), _from(history.events, first), now[1] / names.TIER_INTERVAL.seconds


def _from(values: Floats, first: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Sums:
    """The sums of all values from an index on up to each value's own."""
    known = ~np.isnan(values)
    sums = np.concatenate(([0.0], np.cumsum(np.where(known, values, 0.0))))
    counts = np.concatenate(([0], np.cumsum(known)))
    last = np.arange(1, len(values) + 1)
    return Sums(sums[last] - sums[first], counts[last] - counts[first])


def _periods(calendar: Calendar, times: Times) -> tuple[Times, Floats]:
    """The number and the seconds of the period of each time."""
    found = [calendar.period_at(at // 1000) for at in times.tolist()]
    return np.array([number for number, _ in found], np.int64), np.array([length for _, length in found], np.float64)
