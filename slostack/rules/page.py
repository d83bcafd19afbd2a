"""One page per incident: the tier that starts it is the page, until the incident is over by what can be told."""

from __future__ import annotations

from slostack import names
from slostack.rules.grouping import Grouping
from slostack.rules.model import RecordingRule
from slostack.rules.ratio import RAW_WINDOW
from slostack.spec.policy import End, Tier
from slostack.spec.quantities import Duration
from slostack.spec.slo import Slo

SHORT = Duration(300)
SCRAPES = 4
"""A window that can tell holds at least this many scrapes, and sees nearly all traffic: those of an ill instance may
fail."""
NEARLY_ALL = 0.9
AGAIN_WITHIN = Duration(3600)
"""A page so soon after another one is of the same trouble."""


def page_over_rules(
    slo: Slo, end: End, interval: Duration, by: Grouping, identity: str
) -> tuple[RecordingRule, RecordingRule]:
    """While an incident is over: by the shortest window that can tell, or, for a page within an hour of another, by
    the slowest page's short window alone, so that errors in bursts don't page once a burst. And what tells such a page:
    1 when a page ends, and while one fires within the hour after."""
    firing = firing_tiers("|".join(page.name for page in slo.pages), "=~", identity)
    ended = f"{names.PAGE_ENDED}{{{identity}}}"
    over = f"{names.PAGE_OVER}{{{identity}}}"
    lately = f"max_over_time({ended}[{AGAIN_WITHIN}])"
    at_last = f"{_burn(slo.pages[-1].short, identity)} <= {end.burn:.12g}"
    told = "\nor\n".join(_tells(slo, end, window, identity) for window in telling_windows(slo, end, interval))
    ends = f"{over} or {lately}{_faded(slo, end, interval, identity)}"
    by_any = f"(\n{told}\n) unless {by.on} ({firing} and {by.on} {lately})\nor\n{at_last}" if told else at_last
    return (
        RecordingRule(names.PAGE_OVER, f"0 * (\n{by_any}\n) + 1"),
        RecordingRule(names.PAGE_ENDED, f"({ends}) and {by.on} {firing}"),
    )


def telling_windows(slo: Slo, end: End, interval: Duration) -> tuple[Duration, ...]:
    """The windows that can tell before the slowest page's own short one does, at a scrape interval."""
    shortest = SCRAPES * interval.seconds
    return tuple(window for window in end.windows if shortest <= window.seconds < slo.pages[-1].short.seconds)


def lasting_page(slo: Slo, tier: Tier, burns: str, by: Grouping, identity: str) -> str:
    """When a tier pages: it starts as `burns` says while no other tier pages, and lasts while five minutes or the hour
    burn as fast as the slowest page, until the incident is over."""
    others, slowest = "|".join(page.name for page in slo.pages if page != tier), slo.pages[-1]
    alone = f"unless {by.on} {firing_tiers(others, '=~', identity)}\n" if others else ""
    still = " or ".join(f"{_burn(window, identity)} > {slowest.burn:.12g}" for window in (SHORT, RAW_WINDOW))
    holds = f"({still}) and {by.on} {firing_tiers(tier.name, '=', identity)}"
    return f"(\n({burns})\n{alone}or\n{holds}\n)\nunless {by.on} {names.PAGE_OVER}{{{identity}}}"


def _tells(slo: Slo, end: End, window: Duration, identity: str) -> str:
    rate = f"{names.event_rate(window)}{{{identity}}}"
    over = (
        f"{_burn(window, identity)} <= {end.burn:.12g} and {rate} >= {least_rate(slo, end, slo.pages[-1], window):.4g}"
    )
    if window < SHORT:
        over += f" and {rate} >= {NEARLY_ALL} * {names.event_rate(SHORT)}{{{identity}}}"
    return f"({over})"


def _faded(slo: Slo, end: End, interval: Duration, identity: str) -> str:
    """Where scrapes are so far apart that no window can tell sooner, a page may hold no longer before it is over."""
    if any(window < SHORT for window in telling_windows(slo, end, interval)):
        return ""
    limit = f"<= {slo.pages[-1].burn:.12g}"
    return f" or 0 * ({_burn(SHORT, identity)} {limit} and {_burn(RAW_WINDOW, identity)} {limit}) + 1"


def firing_tiers(tiers: str, operator: str, identity: str) -> str:
    """A selector of the tiers of an SLO's burn-rate alert that fire."""
    return f'ALERTS{{alertname="{names.BURN_ALERT}",alertstate="firing",{identity},{names.TIER}{operator}"{tiers}"}}'


def _burn(window: Duration, identity: str) -> str:
    return f"{names.burn_rate(window)}{{{identity}}}"


def least_rate(slo: Slo, end: End, slowest: Tier, window: Duration) -> float:
    """Events per second of which the slowest page's burn would have failed as many as are expected; time that is
    watched tells at once."""
    return 0 if slo.sli.watches_time else end.expected_failures / (slo.threshold(slowest) * window.seconds)
