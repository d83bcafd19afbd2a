"""One page per incident: the tier that starts it is the page, until the incident is over by what can be told."""

from __future__ import annotations

from slostack import names
from slostack.rules.grouping import Grouping
from slostack.rules.model import RecordingRule
from slostack.rules.ratio import RAW_WINDOW
from slostack.spec.model import Slo
from slostack.spec.policy import End, Tier
from slostack.spec.quantities import Duration

HELD_ABOVE = 1
"""A page that has started holds while the hour burns budget faster than evenly."""


def page_over_rule(slo: Slo, end: End, slowest: Tier, identity: str) -> RecordingRule:
    """1 while the shortest window that can tell says that an incident is over, else nothing."""
    told = [
        f"({_burn(window, identity)} <= {end.burn:.12g} and "
        f"{names.event_rate(window)}{{{identity}}} >= {least_rate(slo, end, slowest, window):.4g})"
        for window in end.windows
        if window < slowest.short
    ]
    at_last = f"{_burn(slowest.short, identity)} <= {end.burn:.12g}"
    over = "\nor\n".join((*told, at_last))
    return RecordingRule(names.PAGE_OVER, f"0 * (\n{over}\n) + 1")


def lasting_page(slo: Slo, tier: Tier, burns: str, by: Grouping, identity: str) -> str:
    """When a tier pages: it starts as `burns` says while no other tier pages, and lasts until the incident is over or
    maintenance begins."""
    others = "|".join(page.name for page in slo.pages if page != tier)
    alone = f"unless {by.on} {_firing(others, '=~', identity)}\n" if others else ""
    holds = f"{_burn(RAW_WINDOW, identity)} > {HELD_ABOVE} and {by.on} {_firing(tier.name, '=', identity)}"
    quiet = f"\nunless on () {names.MAINTENANCE}{{{identity}}} == 1" if slo.maintenance else ""
    return f"(\n({burns})\n{alone}or\n{holds}\n)\nunless {by.on} {names.PAGE_OVER}{{{identity}}}{quiet}"


def _firing(tiers: str, operator: str, identity: str) -> str:
    return f'ALERTS{{alertname="{names.BURN_ALERT}",alertstate="firing",{identity},{names.TIER}{operator}"{tiers}"}}'


def _burn(window: Duration, identity: str) -> str:
    return f"{names.burn_rate(window)}{{{identity}}}"


def least_rate(slo: Slo, end: End, slowest: Tier, window: Duration) -> float:
    """Events per second of which the slowest page's burn would have failed as many as are expected."""
    return end.expected_failures / (slo.threshold(slowest) * window.seconds)
