"""Every metric and label name that the rules record and others read."""

from __future__ import annotations

from slostack.spec.quantities import Duration

EVALUATION_INTERVAL = Duration(30)
TIER_INTERVAL = Duration(300)

SERVICE = "service"
SLO = "slo"
TEAM = "team"
SEVERITY = "severity"
TIER = "tier"
WINDOW = "window"

SLO_GROUP = "slo/"
"""Begins the name of the rule group that judges an SLO every 30 s: slo/<service>/<slo>."""

BURN_ALERT = "ErrorBudgetBurn"

SERVER_JOBS = ("prometheus", "alertmanager", "loki", "grafana")
"""The scrape jobs of the stack's own servers."""

INFO = "slo:info"
"""1 per SLO, with what people edit as labels: team, window, sli."""
OBJECTIVE = "slo:objective:ratio"
"""The objective, 0 to 1."""
UP = "slo:up:bool"
"""1 while something answers, 0 while nothing does; only of SLOs that name an `up` selector."""
BAD_EVENTS = "slo:bad_events:count5m"
"""Bad events of the last five minutes, recorded every five minutes: read it as a range."""
GOOD_EVENTS = "slo:good_events:count5m"
"""Good events of the last five minutes; only of SLOs that count good events. Internal."""
EVENTS = "slo:events:count5m"
"""All events of the last five minutes, recorded every five minutes: read it as a range."""
OUTAGE_EVENTS = "slo:outage_events:count5m"
"""Requests that an outage is taken to have failed in the last five minutes. Internal."""
BUDGET_REMAINING = "slo:error_budget_remaining:ratio"
"""The share of the error budget that is left over the SLO's window: 1 is all, below 0 is overspent."""
BUDGET_REMAINING_TIER = "slo:error_budget_remaining:tier"
"""BUDGET_REMAINING as the five-minute group records it. Internal."""


def event_rate(window: Duration) -> str:
    """The recorded rate of all events over a window of up to an hour, per second, every 30 s."""
    return f"slo:events:rate{window}"


def error_ratio(window: Duration) -> str:
    """The recorded share of bad events over a window, 0 to 1, every 30 s."""
    return f"slo:error_ratio:rate{window}"


def error_ratio_tier(window: Duration) -> str:
    """`error_ratio` of a long window as the five-minute group records it. Internal."""
    return f"slo:error_ratio:tier{window}"


def identity(service: str, slo: str) -> str:
    """The matchers of one SLO's recorded series: `service="…",slo="…"`."""
    return f'{SERVICE}="{service}",{SLO}="{slo}"'


def probe_job(service: str, probe: str) -> str:
    """The job of a service's probe."""
    return f"{service}/{probe}"


def dashboard_uid(service: str) -> str:
    """The stable uid of a service's dashboard."""
    return f"slo-{service}"
