"""What is recorded of an SLO's budget: the five-minute group sums it up, the 30 s group shows it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from slostack import names
from slostack.rules.calendar import counts_in, period_rules, since_its_start
from slostack.rules.maintenance import outside
from slostack.rules.model import RecordingRule
from slostack.rules.ratio import RAW_WINDOW
from slostack.spec.policy import Policy
from slostack.spec.quantities import Duration
from slostack.spec.slo import Slo
from slostack.spec.windows import Calendar

SHOWN_FOR = Duration(11 * 60)
"""How long a five-minute recording is shown: its next one may be missed once."""
BURN_WINDOW = RAW_WINDOW
"""The window whose burn stands for the present one."""


def windows(slo: Slo) -> tuple[Duration, ...]:
    """The rolling windows whose error ratio is recorded: those of the policy, 5m and 1h, and the SLO's own."""
    return _windows(slo.policy, slo.window)


@lru_cache(maxsize=256)
def _windows(policy: Policy, own: Duration | Calendar) -> tuple[Duration, ...]:
    found = {Duration(300), RAW_WINDOW, *(policy.end.windows if policy.end else ())}
    for tier in policy.tiers_for(own):
        found |= {tier.long, tier.short}
    return tuple(sorted(found | ({own} if isinstance(own, Duration) else set())))


def every_window(slo: Slo) -> tuple[Duration | Calendar, ...]:
    """Those, and the calendar one that an SLO may have."""
    return (*windows(slo), *([slo.window] if isinstance(slo.window, Calendar) else []))


def tier_rules(slo: Slo, identity: str) -> Iterator[RecordingRule]:
    """The sums over long windows and over the SLO's own, and the budget that is left, every five minutes."""
    bad, events = f"{names.BAD_EVENTS}{{{identity}}}", f"{names.EVENTS}{{{identity}}}"
    if isinstance(slo.window, Calendar):
        yield from period_rules(slo.window, identity)
        own_bad = since_its_start("sum_over_time", names.PERIOD_BAD_EVENTS, slo.window, identity)
        own_events = since_its_start("sum_over_time", names.PERIOD_EVENTS, slo.window, identity)
        counts = since_its_start("count_over_time", names.PERIOD_EVENTS, slo.window, identity)
    else:
        own_bad, own_events = f"sum_over_time({bad}[{slo.window}])", f"sum_over_time({events}[{slo.window}])"
        counts = f"count_over_time({events}[{slo.window}])"
    yield RecordingRule(names.tier(names.WINDOW_BAD_EVENTS), own_bad)
    yield RecordingRule(names.tier(names.WINDOW_EVENTS), own_events)
    window_bad, window_events = (
        f"{names.tier(name)}{{{identity}}}" for name in (names.WINDOW_BAD_EVENTS, names.WINDOW_EVENTS)
    )
    own_ratio = f"{window_bad} / ({window_events} > 0)"
    for window in _long_windows(slo):
        ratio = f"sum_over_time({bad}[{window}]) / (sum_over_time({events}[{window}]) > 0)"
        yield RecordingRule(names.tier(names.error_ratio(window)), own_ratio if window == slo.window else ratio)
    for window in _long_windows_of_failures(slo):
        yield RecordingRule(names.tier(names.failures(window)), f"sum_over_time({bad}[{window}])")
    remaining = (
        f"1 - ({own_ratio} or 0 * {window_events}) / {slo.budget:.12g}\n"
        f"* clamp_max({counts} / {counts_in(slo.window)}, 1)"
    )
    yield RecordingRule(names.tier(names.BUDGET_REMAINING), remaining)


def shown_rules(slo: Slo, identity: str) -> Iterator[RecordingRule]:
    """What the tier has summed up, burn rates, and what is constant, every 30 s."""
    summed = (
        *(names.error_ratio(window) for window in _long_windows(slo)),
        *(names.failures(window) for window in _long_windows_of_failures(slo)),
        *(names.WINDOW_BAD_EVENTS, names.WINDOW_EVENTS, names.BUDGET_REMAINING),
    )
    for name in summed:
        yield RecordingRule(name, f"last_over_time({names.tier(name)}{{{identity}}}[{SHOWN_FOR}])")
    for window in windows_of_failures(slo):
        if window <= RAW_WINDOW:
            ratio, rate = names.error_ratio(window), names.event_rate(window)
            failed = f"{ratio}{{{identity}}} * {rate}{{{identity}}} * {window.seconds}"
            counted = f"sum_over_time({names.BAD_EVENTS}{{{identity}}}[{window}])"
            yield RecordingRule(names.failures(window), outside(failed, counted, slo.maintenance, window))
    for every in every_window(slo):
        yield RecordingRule(names.burn_rate(every), f"{names.error_ratio(every)}{{{identity}}} / {slo.budget:.12g}")
    lasts = f"clamp_min({names.BUDGET_REMAINING}{{{identity}}}, 0) * {slo.window.seconds}"
    yield RecordingRule(names.EXHAUSTION, f"{lasts}\n/ ({names.burn_rate(BURN_WINDOW)}{{{identity}}} > 0)")
    yield RecordingRule(names.OBJECTIVE, f"vector({slo.objective / 100:.12g})")
    yield RecordingRule(names.BUDGET, f"vector({slo.budget:.12g})")


def windows_of_failures(slo: Slo) -> tuple[Duration, ...]:
    """The windows in which an alert needs a least number of failures."""
    return tuple(sorted({tier.long for tier in slo.tiers if slo.least_failures_of(tier) > 1}))


def _long_windows(slo: Slo) -> tuple[Duration | Calendar, ...]:
    return tuple(w for w in every_window(slo) if isinstance(w, Calendar) or w > RAW_WINDOW)


def _long_windows_of_failures(slo: Slo) -> tuple[Duration, ...]:
    return tuple(window for window in windows_of_failures(slo) if window > RAW_WINDOW)
