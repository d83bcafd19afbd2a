"""All rule groups of one service."""

from __future__ import annotations

from slostack import names
from slostack.bundle import GRAFANA_URL, RUNBOOK_URL
from slostack.rules.burn import burn_alerts
from slostack.rules.model import AlertingRule, RecordingRule, RuleGroup
from slostack.rules.outage import outage_events_rule, up_rule
from slostack.rules.ratio import RAW_WINDOW, raw_rules
from slostack.rules.tier import count_rules
from slostack.spec.model import Alert, EventRatio, LatencyRatio, Service, Slo
from slostack.spec.quantities import Duration

REPUBLISHED_FOR = Duration(11 * 60)
"""How long a five-minute recording is shown: its next one may be missed once."""


def service_groups(service: Service) -> tuple[RuleGroup, ...]:
    """Per SLO a tier (every 5 min) and its ratios and alerts (every 30 s); then the service's threshold alerts."""
    groups = [group for slo in service.slos for group in (_tier_group(service, slo), _ratio_group(service, slo))]
    if service.alerts:
        rules = tuple(_threshold_alert(service, alert) for alert in service.alerts)
        labels = {names.SERVICE: service.service, names.TEAM: service.team}
        groups.append(RuleGroup(f"alerts/{service.service}", names.EVALUATION_INTERVAL, rules, labels))
    return tuple(groups)


def windows(slo: Slo) -> tuple[Duration, ...]:
    """The windows whose error ratio is recorded: those of the policy, 5m and 1h, and the SLO's own."""
    policy = {
        w for tier in slo.policy.tiers for w in (tier.long, tier.short, *([tier.guard.window] if tier.guard else []))
    }
    return tuple(sorted(policy | {Duration(300), RAW_WINDOW, slo.window}))


def _labels(service: Service, slo: Slo) -> dict[str, str]:
    return {names.SERVICE: service.service, names.SLO: slo.name}


def _tier_group(service: Service, slo: Slo) -> RuleGroup:
    identity = names.identity(service.service, slo.name)
    events, bad_events = f"{names.EVENTS}{{{identity}}}", f"{names.BAD_EVENTS}{{{identity}}}"
    rules = [outage_events_rule(identity, service.scrape_interval)] if slo.sli.up else []
    rules += count_rules(slo.sli, identity, service.scrape_timeout)
    for window in _tier_windows(slo):
        ratio = f"sum_over_time({bad_events}[{window}]) / (sum_over_time({events}[{window}]) > 0)"
        rules.append(RecordingRule(names.error_ratio_tier(window), ratio))
    counts = slo.window.seconds // names.TIER_INTERVAL.seconds
    remaining = (
        f"1 - {names.error_ratio_tier(slo.window)}{{{identity}}} / {slo.budget:.12g}\n"
        f"* clamp_max(count_over_time({events}[{slo.window}]) / {counts}, 1)"
    )
    rules.append(RecordingRule(names.BUDGET_REMAINING_TIER, remaining))
    return RuleGroup(f"tier/{service.service}/{slo.name}", names.TIER_INTERVAL, tuple(rules), _labels(service, slo))


def _ratio_group(service: Service, slo: Slo) -> RuleGroup:
    identity = names.identity(service.service, slo.name)
    raw_windows = (window for window in windows(slo) if window <= RAW_WINDOW)
    rules = [rule for window in raw_windows for rule in raw_rules(slo.sli, window, identity)]
    republished = [(names.error_ratio(window), names.error_ratio_tier(window)) for window in _tier_windows(slo)]
    rules += [
        RecordingRule(name, f"last_over_time({tier}{{{identity}}}[{REPUBLISHED_FOR}])")
        for name, tier in (*republished, (names.BUDGET_REMAINING, names.BUDGET_REMAINING_TIER))
    ]
    if slo.sli.up:
        rules.append(up_rule(slo.sli.up, identity, service.scrape_interval))
    rules.append(RecordingRule(names.OBJECTIVE, f"vector({slo.objective / 100:.12g})"))
    info = {names.TEAM: service.team, names.WINDOW: str(slo.window), "sli": _sli_kind(slo)}
    rules.append(RecordingRule(names.INFO, "vector(1)", info))
    name = f"{names.SLO_GROUP}{service.service}/{slo.name}"
    return RuleGroup(name, names.EVALUATION_INTERVAL, (*rules, *burn_alerts(service, slo)), _labels(service, slo))


def _tier_windows(slo: Slo) -> tuple[Duration, ...]:
    return tuple(window for window in windows(slo) if window > RAW_WINDOW)


def _sli_kind(slo: Slo) -> str:
    match slo.sli.kind:
        case EventRatio():
            return "events"
        case LatencyRatio():
            return "latency"
        case _:
            return "queries"


def _threshold_alert(service: Service, alert: Alert) -> AlertingRule:
    annotations = {
        "summary": alert.summary,
        "description": alert.description or alert.summary,
        "runbook_url": f"{RUNBOOK_URL}/{alert.runbook}",
        "dashboard_url": f"{GRAFANA_URL}/d/{names.dashboard_uid(service.service)}",
    }
    labels = {names.SEVERITY: alert.severity}
    return AlertingRule(alert.name, str(alert.expr), labels, annotations, for_=alert.for_)
