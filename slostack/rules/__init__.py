"""Prometheus rules: pure functions from the model to text."""

from __future__ import annotations

from slostack.rules.model import AlertingRule, RecordingRule, RuleGroup, rules_yaml
from slostack.rules.service import service_groups
from slostack.rules.stack import stack_groups
from slostack.spec.model import Service

__all__ = ["AlertingRule", "RecordingRule", "RuleGroup", "render_rules", "render_stack_rules", "service_groups"]


def render_rules(service: Service) -> str:
    """The rule file of one service, as Prometheus loads it."""
    return rules_yaml(service_groups(service), f"slos/{service.service}.yaml")


def render_stack_rules() -> str:
    """The rule file of the alerts on the stack's own health."""
    return rules_yaml(stack_groups(), "slostack/rules/stack.py")
