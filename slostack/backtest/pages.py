"""One page per incident, evaluation by evaluation, as the rules of slostack/rules/page.py do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slostack.backtest.history import Flags, Times, milliseconds
from slostack.rules.page import AGAIN_WITHIN
from slostack.spec import Duration

LOOKBACK = Duration(300)
"""How long Prometheus sees an alert that was not evaluated again."""


@dataclass(frozen=True)
class PageConditions:
    """What the rules read at each evaluation: which tier burns (the most urgent first), whether a page may last,
    whether its incident is over by a window that can tell, or at last by the slowest page's short one, and whether
    maintenance keeps it quiet."""

    burns: Sequence[Flags]
    lasts: Flags
    told: Flags
    at_last: Flags
    quiet: Flags


def firing_pages(evaluated: Times, conditions: PageConditions) -> list[Flags]:
    """Per tier, at which evaluations it fires.

    Rules are evaluated in order: a tier sees what the more urgent ones do now, and what the others did last time. Time
    without a page is skipped.
    """
    firing = [np.zeros(len(evaluated), bool) for _ in conditions.burns]
    starts = np.flatnonzero(np.logical_or.reduce(conditions.burns) & ~conditions.quiet)
    if not len(starts):
        return firing
    burns = [each.tobytes() for each in conditions.burns]
    lasts, told, at_last, quiet = (
        each.tobytes() for each in (conditions.lasts, conditions.told, conditions.at_last, conditions.quiet)
    )
    times: list[int] = evaluated.tolist()
    lookback, again_within = milliseconds(LOOKBACK), milliseconds(AGAIN_WITHIN)
    page, ended, now = None, -again_within, int(starts[0])
    while now < len(times):
        at = times[now]
        seen = page if page is not None and at - times[now - 1] < lookback else None
        lately = at - ended < again_within
        over = (told[now] and not (seen is not None and lately)) or at_last[now]
        if seen is not None and (over or lately):
            ended = at
        page = None
        if not over and not quiet[now]:
            for tier, its_burns in enumerate(burns):
                begins = its_burns[now] and (seen is None or tier >= seen)
                if begins or (tier == seen and lasts[now]):
                    page = tier
                    firing[tier][now] = True
                    break
        now += 1
        if page is None:
            following = int(np.searchsorted(starts, now))
            if following == len(starts):
                break
            now = int(starts[following])
    return firing
