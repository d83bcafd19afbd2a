"""How a service is in each five minutes, by the counts of its SLOs.

It is degraded while an SLO's budget burns as fast as its slowest page looks for, and down while at least half fails of
an SLO that tells whether anything answers (one of `uptime`, or with `up`).
"""

from __future__ import annotations

import numpy as np

from slostack import names
from slostack.backtest.history import Flags, Floats
from slostack.spec import Slo

DOWN_FROM = 0.5
PAGE_BURN = 6
"""How fast a budget burns when users feel it, where an SLO has no page to say so."""


def degraded(slo: Slo, bad: Floats, events: Floats) -> Flags:
    """Whether it is degraded, at least, by the bad events and all events of five minutes."""
    return _at_least(slo, bad, events, min(slo.threshold(slo.pages[-1]) if slo.pages else PAGE_BURN * slo.budget, 1.0))


def down(slo: Slo, bad: Floats, events: Floats) -> Flags:
    """Whether nothing, or hardly anything, is answered."""
    if slo.sli.uptime is None and slo.sli.up is None:
        return np.zeros(len(events), bool)
    return _at_least(slo, bad, events, DOWN_FROM)


def _at_least(slo: Slo, bad: Floats, events: Floats, share: float) -> Flags:
    """Whether so large a share is bad, and as many events as the SLO's alerts need: few requests of which one fails are
    no trouble."""
    with np.errstate(invalid="ignore"):
        return (events > 0) & (bad >= _least(slo)) & (bad >= share * events * (1 - 1e-9))


def _least(slo: Slo) -> float:
    if slo.sli.slices:
        return 1
    return min(slo.least_failures, names.TIER_INTERVAL.seconds / 2) if slo.sli.uptime else slo.least_failures
