"""All rule groups of one service."""

from __future__ import annotations

from slostack import names
from slostack.figures import PERCENTAGE, rounded
from slostack.rules.alerts import slo_alerts
from slostack.rules.budget import shown_rules, tier_rules, windows
from slostack.rules.causes import causes_first, symptom
from slostack.rules.grouping import Grouping, admission_rules
from slostack.rules.links import links
from slostack.rules.logs import DELIVERY
from slostack.rules.maintenance import maintenance_rule
from slostack.rules.measure import measures, slice_value
from slostack.rules.model import AlertingRule, RecordingRule, Rule, RuleGroup
from slostack.rules.outage import outage_events_rule, up_rule
from slostack.rules.page import page_over_rules
from slostack.rules.ratio import RAW_WINDOW, raw_rules
from slostack.rules.signal_values import signal_groups
from slostack.rules.stored import stored_rules
from slostack.rules.tier import count_rules
from slostack.spec.alert import Alert
from slostack.spec.quantities import Duration
from slostack.spec.service import Service
from slostack.spec.signal_alerts import LibraryAlert
from slostack.spec.slo import Slo
from slostack.spec.watched import sharing

MARGIN_OF_SCRAPES = 5
"""Seconds by which counts keep away from a scrape that takes as long as it may."""
GROUP_LABELS = (names.SERVICE, names.TEAM)
_BUDGETS = 3
"""Of how many SLOs an alert says what is left of the budget."""


def grouping(slo: Slo) -> Grouping:
    """How an SLO's label sets are aggregated and matched."""
    return Grouping(slo.group_by, slo.group_limit)


def tier_offset(service: Service, slo: Slo) -> Duration:
    """How far in the past counts end: what they read has arrived by then."""
    return DELIVERY if slo.sli.logs else Duration(service.scrape_timeout.seconds + MARGIN_OF_SCRAPES)


def service_groups(service: Service) -> tuple[RuleGroup, ...]:
    """Per SLO a tier (every 5 min) and its ratios and alerts (every 30 s); then the service's threshold alerts, and
    what its signals watch."""
    slos = (group for slo in service.slos for group in slo_groups(service, slo))
    return (*slos, *alert_groups(service), *signal_groups(service))


def slo_groups(service: Service, slo: Slo) -> tuple[RuleGroup, RuleGroup]:
    """The tier of one SLO, and its ratios and alerts."""
    return _tier_group(service, slo), _ratio_group(service, slo)


def alert_groups(service: Service) -> tuple[RuleGroup, ...]:
    """The threshold alerts; nothing where there are none."""
    if not service.alerts:
        return ()
    panels = {alert.name: together[0].name for together in sharing(service.alerts) for alert in together}
    rules = tuple(_threshold_alert(service, alert, panels[alert.name]) for alert in causes_first(service.alerts))
    labels = dict(zip(GROUP_LABELS, (service.service, service.team), strict=True))
    every: tuple[Rule, ...] = (*stored_rules(rules), *rules)
    return (RuleGroup(f"alerts/{service.service}", names.EVALUATION_INTERVAL, every, labels),)


def _labels(service: Service, slo: Slo) -> dict[str, str]:
    return {names.SERVICE: service.service, names.SLO: slo.name}


def _tier_group(service: Service, slo: Slo) -> RuleGroup:
    identity, by = names.identity(service.service, slo.name), grouping(slo)
    of = measures(service, slo, by, identity)
    outage = f"{names.OUTAGE_EVENTS}{{{identity}}}" if slo.sli.up else None
    rules = [outage_events_rule(identity, by, service.scrape_interval, slo.maintenance)] if slo.sli.up else []
    rules += count_rules(of, by, identity, tier_offset(service, slo), slo.maintenance, outage)
    rules += tier_rules(slo, identity)
    return RuleGroup(
        f"{names.TIER_GROUP}{service.service}/{slo.name}", names.TIER_INTERVAL, tuple(rules), _labels(service, slo)
    )


def _ratio_group(service: Service, slo: Slo) -> RuleGroup:
    identity, by = names.identity(service.service, slo.name), grouping(slo)
    of = measures(service, slo, by, identity)
    rules = [*admission_rules(by, of.present, identity)]
    if slo.maintenance:
        rules.append(maintenance_rule(slo.maintenance))
    for window in windows(slo):
        if window <= RAW_WINDOW:
            rules += raw_rules(of, window, by, identity, slo.maintenance)
    if slo.sli.slices:
        value = f"{slice_value(slo.sli.slices, by)} < Inf > -Inf"
        rules.append(RecordingRule(names.SLICE_VALUE, by.admitted(value, identity)))
    if slo.sli.up:
        rules.append(up_rule(slo.sli.up, identity, service.scrape_interval))
    rules += shown_rules(slo, identity)
    if slo.policy.end and slo.pages:
        rules += page_over_rules(slo, slo.policy.end, service.scrape_interval, by, identity)
    info = {names.TEAM: service.team, names.WINDOW: str(slo.window), names.SLI: slo.sli.kind_name, **slo.labels}
    rules.append(RecordingRule(names.INFO, "vector(1)", info))
    name = f"{names.SLO_GROUP}{service.service}/{slo.name}"
    return RuleGroup(name, names.EVALUATION_INTERVAL, (*rules, *slo_alerts(service, slo, by)), _labels(service, slo))


def _threshold_alert(service: Service, alert: Alert, panel: str) -> AlertingRule:
    """An alert whose panel is that of another one, by its name, where that watches the same."""
    summary, description = alert.summary, alert.description or alert.summary
    if isinstance(alert, LibraryAlert):
        summary, description = rounded(summary), rounded(description)
    annotations = {
        "summary": summary,
        "description": description,
        **links(service.service, alert.runbook, names.alert_panel(panel)),
        names.BUDGETS_LEFT: _budgets_left(service),
    }
    labels: dict[str, str] = {names.SEVERITY: alert.severity}
    if alert.renotify:
        labels[names.RENOTIFY] = str(alert.renotify)
    if alert.notice:
        labels[names.NOTICE] = "true"
    expr = symptom(service, alert, (*labels, *GROUP_LABELS))
    return AlertingRule(alert.name, expr, labels, annotations, alert.for_, alert.keep_firing_for)


def _budgets_left(service: Service) -> str:
    """What is left of the SLOs' budgets when the alert fires, the least first, of those with label sets the least."""
    each = f"min by ({names.SLO}) ({names.BUDGET_REMAINING}{{{names.SERVICE}='{service.service}'}})"
    one = f"{{{{ if $i }}}}, {{{{ end }}}}{{{{ .Labels.{names.SLO} }}}} {{{{ .Value | {PERCENTAGE} }}}}"
    more = ""
    if len(service.slos) > _BUDGETS:
        one = f"{{{{ if lt $i {_BUDGETS} }}}}{one}{{{{ end }}}}"
        count = f'{{{{ with query "count({each}) - {_BUDGETS} > 0" }}}}'
        more = f'{count}, and {{{{ . | first | value | printf "%.0f" }}}} more{{{{ end }}}}'
    of_all = f'range $i, $slo := query "sort({each})"'
    return f"{{{{ {of_all} }}}}{one}{{{{ else }}}}not known yet{{{{ end }}}}{more}"
