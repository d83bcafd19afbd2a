"""The checks that categories.yaml names: each gives the evidence of a point, of what is configured and what is seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from slostack.audit.configured import Configured, ReadAlert
from slostack.audit.coverage import cells, parts, present, shows, there
from slostack.audit.scorecard import Evidence
from slostack.audit.seen import Seen
from slostack.spec import Selector

SECTIONS = ("symptoms", "diagnosis", "resolution", "verification", "prevention", "escalation")
_EVENTS = "events"


@dataclass(frozen=True)
class Audited:
    """A service by what is configured of it, and what is seen, None where nobody could be asked."""

    of: Configured
    seen: Seen | None


Check = Callable[[Audited, Sequence[str]], list[Evidence]]


def wanted(of: Configured) -> tuple[Selector, ...]:
    """All series that the checks look for in a Prometheus."""
    found = [each for alert in of.alerts for each in alert.selectors]
    found += [each for part in parts(of) for each in part.measured]
    return tuple(dict.fromkeys((*found, *of.probed, *of.counted.values())))


def slos(audited: Audited, kinds: Sequence[str]) -> list[Evidence]:
    """SLOs of some kinds, or all, and whether they have events."""
    chosen = [slo.name for slo in audited.of.slos if not kinds or slo.kind in kinds]
    return [
        Evidence(f"SLO {name}", True, audited.seen.slos.get(name, False) if audited.seen else None) for name in chosen
    ]


def slo_alerts(audited: Audited, _: Sequence[str]) -> list[Evidence]:
    """Whether each SLO alerts."""
    return [Evidence(f"SLO {slo.name}", slo.alerts) for slo in audited.of.slos]


def alerts(audited: Audited, names: Sequence[str]) -> list[Evidence]:
    """Threshold alerts by their names in the library, or all, and whether what they read is there."""
    chosen = [alert for alert in audited.of.alerts if not names or alert.known_as in names]
    return [Evidence(alert.name, True, _is_fed(alert, audited.seen)) for alert in chosen]


def error_alerts(audited: Audited, names: Sequence[str]) -> list[Evidence]:
    """Those on errors, or SLOs of events that page."""
    paging = [slo.name for slo in audited.of.slos if slo.kind == _EVENTS and slo.pages]
    has_events = audited.seen.slos if audited.seen else {}
    return [
        *alerts(audited, names),
        *(Evidence(f"SLO {name}", True, has_events.get(name, False) if audited.seen else None) for name in paging),
    ]


def log_counts(audited: Audited, labels: Sequence[str]) -> list[Evidence]:
    """Log lines that are counted, by some label where one is given, and SLOs of logs."""
    chosen = [count.name for count in audited.of.service.log_counts if not labels or set(labels) & set(count.by)]
    found = [Evidence(f"log count {name}", True, there([audited.of.counted[name]], audited.seen)) for name in chosen]
    return found if labels else [*found, *slos(audited, ["logs"])]


def probes(audited: Audited, _: Sequence[str]) -> list[Evidence]:
    """Endpoints that are asked from outside."""
    chosen = zip(audited.of.service.probes, audited.of.probed, strict=True)
    return [Evidence(f"probe {probe.name}", True, there([selector], audited.seen)) for probe, selector in chosen]


def coverage(audited: Audited, _: Sequence[str]) -> list[Evidence]:
    """The cells of the coverage, all of them."""
    return [cell for part in present(audited.of, audited.seen) for cell in cells(part, audited.seen).cells]


def panels(audited: Audited, _: Sequence[str]) -> list[Evidence]:
    """The dashboard's panels, and whether each showed anything within a day; none that can't yet."""
    read: dict[str, list[Selector]] = {}
    for panel in audited.of.panels:
        if audited.seen and panel.title in audited.seen.waiting:
            continue
        read.setdefault(panel.title, []).extend(panel.selectors)
    return [Evidence(f"panel {title}", True, shows(title, found, audited.seen)) for title, found in read.items()]


def rules(audited: Audited, _: Sequence[str]) -> list[Evidence]:
    """Whether Prometheus has loaded each alert, and evaluates it well."""
    loaded = audited.seen.rules if audited.seen else None
    if loaded is None:
        return [Evidence(alert.name, True, None) for alert in audited.of.alerts]
    return [
        Evidence(alert.name, True, alert.name in loaded and loaded[alert.name].healthy) for alert in audited.of.alerts
    ]


def alertmanagers(audited: Audited, _: Sequence[str]) -> list[Evidence]:
    """Whether anybody is told what fires."""
    return [Evidence("Alertmanager", True, audited.seen.alertmanager if audited.seen else None)]


def channels(audited: Audited, _: Sequence[str]) -> list[Evidence]:
    """The team's channels beside email that the service hasn't switched off."""
    off = audited.of.service.notify.off
    return [
        Evidence(channel, bool(audited.of.team and getattr(audited.of.team, channel)) and channel not in off)
        for channel in ("slack", "pagerduty", "sms")
    ]


def escalation(audited: Audited, _: Sequence[str]) -> list[Evidence]:
    """The team's second level."""
    return [Evidence("escalation", bool(audited.of.team and audited.of.team.escalation))]


def links(audited: Audited, titles: Sequence[str]) -> list[Evidence]:
    """Links of the service, by title."""
    there = {title.lower() for title in audited.of.service.links}
    return [Evidence(f"link {title}", title in there) for title in titles]


def runbooks(audited: Audited, _: Sequence[str]) -> list[Evidence]:
    """Every alert of the service: an SLO file's has a runbook; one of another origin perhaps not."""
    told = {alert.name: True for alert in audited.of.alerts} | dict(audited.of.own_alerts)
    for name, rule in (audited.seen.rules if audited.seen and audited.seen.rules else {}).items():
        told[name] = told.get(name, True) and rule.has_runbook
    return [Evidence(name, has_one) for name, has_one in told.items()]


def runbook_sections(audited: Audited, _: Sequence[str]) -> list[Evidence]:
    """Every runbook of the service, and whether it has all sections."""
    return [Evidence(path, found >= {*SECTIONS}) for path, found in audited.of.runbooks.items()]


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        *(slos, slo_alerts, alerts, error_alerts, log_counts, probes, coverage, panels, rules, alertmanagers),
        *(channels, escalation, links, runbooks, runbook_sections),
    )
}


def _is_fed(alert: ReadAlert, seen: Seen | None) -> bool | None:
    """Whether anything that an alert reads is there, beside the `up` that guards it."""
    return there([each for each in alert.selectors if each.metric != "up"] or alert.selectors, seen)
