"""What the SLO files say of the alerts that scenarios name: who hears of them, how soon, and what keeps them quiet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from slostack import names
from slostack.config.routes import NOTICE_PACE, PACES
from slostack.spec import Alert, Duration, Service, Slo
from slostack.teams import Team

BY_SEVERITY: Mapping[str, tuple[str, ...]] = {
    "critical": ("mail", "slack", "pagerduty", "sms"),
    "high": ("mail", "slack"),
    "medium": ("mail", "slack"),
    "low": ("mail",),
}
"""By which channels a team hears of a severity."""
OF_NOTICES = ("mail", "slack")
WEBHOOK = "webhook"
"""The receiver of the stack on this machine, which hears everything."""
SHORTEST_WINDOW, LONGEST_WINDOW = 5, 15
"""Minutes that an alert may need until its condition is true: the time that it looks back over, where that is between
these. What counts over an hour is beyond its limit sooner."""
MOST = 0.8
"""The share of events that are bad at least where an objective is so low that a page needs most of them."""
_LOOKS_BACK = re.compile(r"\[(\w+)\](?: offset (\w+))?|:rate(\w+)|offset (\w+)")
_ANOTHER_DAY = re.compile(r"(?:\[\w+\])? offset \w+[dw]\b")
_LATEST = re.compile(r"(?:last|max)_over_time\([^()]*\)")


class Subject(NamedTuple):
    """What is told: `ErrorBudgetBurn <slo>` or the alert's name, of which service, and how severe it is."""

    service: str
    alert: str
    severity: str

    @property
    def is_ticket(self) -> bool:
        """Tickets of budgets come beside many pages, and end hours later."""
        return self.alert.startswith(f"{names.BURN_ALERT} ") and self.severity in ("medium", "low")


def subject(service: Service, alert: str) -> Subject:
    """An alert with the severity that the service's SLO file gives it; of a burn alert that of its page."""
    found = _found(service, alert)
    return Subject(service.service, alert, found.alerting.page if isinstance(found, Slo) else found.severity)


def listeners_of(service: Service, team: Team, alert: str) -> frozenset[str]:
    """By which ways an alert of a service should be told."""
    ways = {
        "mail": [f"mail {address}" for address in team.email],
        "slack": [f"slack/{team.slack.url} {team.slack.channel}"] if team.slack else [],
        "pagerduty": [f"pagerduty key-of-{team.pagerduty or ''}"],
        "sms": [f"sms/{team.sms}"],
    }
    channels = OF_NOTICES if _is_notice(service, alert) else BY_SEVERITY[subject(service, alert).severity]
    told = [channel for channel in channels if channel not in service.notify.off]
    return frozenset({WEBHOOK, *(way for channel in told for way in ways[channel])})


def silencers(service: Service, alert: str) -> frozenset[str]:
    """The alerts that keep this one quiet while they fire."""
    found = _found(service, alert)
    return frozenset((found.alerting.silenced_by if isinstance(found, Slo) else found.silenced_by) or ())


def group_wait(service: Service, alert: str) -> float:
    """Minutes for which Alertmanager waits for more to tell."""
    if _is_notice(service, alert):
        return NOTICE_PACE.wait.seconds / 60
    severity = subject(service, alert).severity
    return next(pace.wait.seconds / 60 for of, pace in PACES.items() if of == severity)


def minutes_until(service: Service, alert: str) -> float:
    """Minutes within which an alert fires."""
    found = _found(service, alert)
    if isinstance(found, Slo):
        return max(SHORTEST_WINDOW, min(_minutes_of_pages(found)))
    window = min(max(minutes_of_memory(service, alert), SHORTEST_WINDOW), LONGEST_WINDOW)
    return window + minutes_of_for(service, alert)


def minutes_of_for(service: Service, alert: str) -> float:
    """How long an alert's condition has to be true; a burn alert has no such time."""
    found = _found(service, alert)
    return found.for_.seconds / 60 if isinstance(found, Alert) and found.for_ else 0


def _minutes_of_pages(slo: Slo) -> list[float]:
    """Minutes until each page fires, by the SRE workbook's formula; of slices there have to be some."""
    slices = slo.sli.slices.length.seconds if slo.sli.slices else 0
    needed = (
        max(slo.threshold(tier) / MOST * tier.long.seconds, (slo.least_failures_of(tier) + 1) * slices)
        for tier in slo.pages
    )
    return [seconds / 60 for seconds in needed]


def minutes_of_memory(service: Service, alert: str) -> float:
    """For how many minutes an alert fires on after its cause is gone: the time that it looks back over."""
    found = _found(service, alert)
    if isinstance(found, Slo):
        return SHORTEST_WINDOW
    expr = _ANOTHER_DAY.sub("", _LATEST.sub("", str(found.expr)))
    times = [sum(Duration.parse(text).seconds for text in match if text) for match in _LOOKS_BACK.findall(expr)]
    times += [count.window.seconds for count in service.log_counts if f'{names.COUNT}="{count.name}"' in expr]
    return max(times, default=0) / 60


def _found(service: Service, alert: str) -> Alert | Slo:
    name, _, slo = alert.partition(" ")
    if slo:
        return next(each for each in service.slos if each.name == slo)
    return next(each for each in service.alerts if each.name == name)


def _is_notice(service: Service, alert: str) -> bool:
    found = _found(service, alert)
    return isinstance(found, Alert) and found.notice
