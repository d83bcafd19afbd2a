"""Alerts on the health of the stack itself: what would make every other alert wrong or silent."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from slostack import names
from slostack.bundle import RUNBOOK_URL
from slostack.rules.model import AlertingRule, RuleGroup
from slostack.spec.quantities import Duration

STACK = "slostack"
TEAM = "platform"


def stack_groups() -> tuple[RuleGroup, ...]:
    """The one group of the stack's own alerts."""
    labels = {names.SERVICE: STACK, names.TEAM: TEAM}
    return (RuleGroup(f"alerts/{STACK}", names.EVALUATION_INTERVAL, _ALERTS, labels),)


def _alert(
    name: str,
    expr: str,
    for_: int,
    severity: str,
    summary: str,
    description: str,
    runbook: str,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> AlertingRule:
    return AlertingRule(
        alert=name,
        expr=expr,
        for_=Duration(60 * for_),
        labels={names.SEVERITY: severity, **labels},
        annotations={
            "summary": summary,
            "description": description,
            "runbook_url": f"{RUNBOOK_URL}/{STACK}/{runbook}.md",
        },
    )


_ALERTS = (
    _alert(
        "RuleEvaluationFailing",
        "sum by (instance, rule_group) (\n"
        "  increase(prometheus_rule_evaluation_failures_total[10m])\n"
        "  or increase(loki_prometheus_rule_evaluation_failures_total[10m])\n"
        ") > 0",
        10,  # a single failure is gone by then; a group that fails every five minutes is not
        "high",
        "Rules of {{ $labels.rule_group }} fail",
        "SLOs and alerts of this group are not judged while their rules fail.",
        "rule-evaluation-failing",
    ),
    _alert(
        "RuleEvaluationMissed",
        "sum by (instance, rule_group) (increase(prometheus_rule_group_iterations_missed_total[15m])) > 0",
        5,
        "medium",
        "Evaluations of {{ $labels.rule_group }} are missed",
        "Prometheus can't keep up; counts are made up later, alerts come late.",
        "rule-evaluation-missed",
    ),
    _alert(
        "SLOTierMissing",
        f"count_over_time({names.error_ratio(Duration(300))}[15m])\n"
        f"unless on ({names.SERVICE}, {names.SLO}) count_over_time({names.EVENTS}[16m])",
        15,
        "high",
        "The budget of {{ $labels.service }} {{ $labels.slo }} is not counted",
        "There is traffic, but for a quarter of an hour no count was recorded.",
        "slo-tier-missing",
        {names.SERVICE: "{{ $labels.service }}"},
    ),
    _alert(
        "SLOGroupsRefused",
        f"{names.GROUPS_REFUSED} > 0",
        15,
        "low",
        "{{ $labels.service }} {{ $labels.slo }} judges {{ $value }} label sets too few",
        "It has more than its group_limit; those beyond it have no budget and no alerts.",
        "slo-groups-refused",
        {names.SERVICE: "{{ $labels.service }}"},
    ),
    _alert(
        "ScrapeFailing",
        "avg_over_time(up[30m]) < 0.9 and resets(up[30m]) > 2",  # a single outage is one reset
        5,
        "medium",
        "Scrapes of {{ $labels.job }} {{ $labels.instance }} fail",
        "{{ $value | humanizePercentage }} of the scrapes of the last 30 minutes succeeded; error ratios are coarser.",
        "scrape-failing",
    ),
    _alert(
        "NotificationsFailing",
        "sum by (instance, integration) (increase(alertmanager_notifications_failed_total[20m])) > 0\n"
        "or sum by (instance) (increase(prometheus_notifications_dropped_total[5m])) > 0",
        5,
        "high",
        "Notifications don't get through{{ with $labels.integration }} by {{ . }}{{ end }}",
        "Alerts fire, but people may not hear of them.",
        "notifications-failing",
    ),
    _alert(
        "ConfigReloadFailing",
        "prometheus_config_last_reload_successful == 0 or alertmanager_config_last_reload_successful == 0",
        5,
        "high",
        "{{ $labels.job }} could not load its configuration",
        "It goes on with the one before; the last change is not in effect.",
        "config-reload-failing",
    ),
)
