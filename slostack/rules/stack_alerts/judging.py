"""Whether SLOs and alerts are judged: rules that fail, come late or count nothing."""

from __future__ import annotations

from slostack import names
from slostack.rules.stack_alerts.alert import stack_alert
from slostack.spec.quantities import Duration

JUDGING = (
    stack_alert(
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
    stack_alert(
        "RuleEvaluationMissed",
        "sum by (instance, rule_group) (increase(prometheus_rule_group_iterations_missed_total[15m])) > 0",
        5,
        "medium",
        "Evaluations of {{ $labels.rule_group }} are missed",
        "Prometheus can't keep up; counts are made up later, alerts come late.",
        "rule-evaluation-missed",
    ),
    stack_alert(
        "RuleEvaluationLate",
        # before its first evaluation a group's time is below zero; when it was scraped last, all may have stood still
        "timestamp(prometheus_rule_group_last_evaluation_timestamp_seconds)\n"
        "- (prometheus_rule_group_last_evaluation_timestamp_seconds > 0)\n"
        "> 4 * prometheus_rule_group_interval_seconds",
        2,
        "high",
        "{{ $labels.rule_group }} was last evaluated {{ $value | humanizeDuration }} ago",
        "It stands still: its SLOs and alerts are not judged.",
        "rule-evaluation-late",
    ),
    stack_alert(
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
    stack_alert(
        "SLOGroupsRefused",
        f"{names.GROUPS_REFUSED} > 0",
        15,
        "low",
        '{{ $labels.service }} {{ $labels.slo }} judges {{ $value | printf "%.0f" }} label sets too few',
        "It has more than its group_limit; those beyond it have no budget and no alerts.",
        "slo-groups-refused",
        {names.SERVICE: "{{ $labels.service }}"},
    ),
)
