"""Rules of Prometheus and Loki: pure functions from the model to text."""

from __future__ import annotations

from slostack.rules.logs import log_groups
from slostack.rules.model import AlertingRule, RecordingRule, RuleGroup, groups_yaml, rules_head, rules_yaml
from slostack.rules.service import alert_groups, service_groups
from slostack.rules.signal_values import signal_groups
from slostack.rules.stack import stack_groups, thanos_groups
from slostack.rules.stencil import slo_text
from slostack.spec.service import Service

__all__ = [
    "AlertingRule",
    "RecordingRule",
    "RuleGroup",
    "log_groups",
    "render_log_rules",
    "render_rules",
    "render_stack_rules",
    "render_thanos_rules",
    "service_groups",
]


def render_rules(service: Service) -> str:
    """The rule file of one service, as Prometheus loads it; the text of its `service_groups`."""
    slos = "".join(slo_text(service, slo) for slo in service.slos)
    others = groups_yaml((*alert_groups(service), *signal_groups(service)))
    return f"{rules_head(f'slos/{service.service}.yaml')}{slos}{others}"


def render_log_rules(service: Service) -> str | None:
    """The rule file of one service, as Loki's ruler loads it; None where nothing of it is judged by logs."""
    groups = log_groups(service)
    return rules_yaml(groups, f"slos/{service.service}.yaml") if groups else None


def render_stack_rules() -> str:
    """The rule file of the alerts on the stack's own health."""
    return rules_yaml(stack_groups(), "slostack/rules/stack.py")


def render_thanos_rules() -> str:
    """The rule file of the alerts on Thanos."""
    return rules_yaml(thanos_groups(), "slostack/rules/stack.py")
