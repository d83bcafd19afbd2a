"""Alerts on the health of the stack itself: what would make every other alert wrong or silent."""

from __future__ import annotations

from slostack import names
from slostack.rules.model import RuleGroup
from slostack.rules.stack_alerts.alert import STACK, THANOS
from slostack.rules.stack_alerts.capacity import CAPACITY
from slostack.rules.stack_alerts.collecting import COLLECTING
from slostack.rules.stack_alerts.judging import JUDGING
from slostack.rules.stack_alerts.notifying import NOTIFYING
from slostack.rules.stack_alerts.thanos import THANOS_ALERTS

_LABELS = {names.SERVICE: STACK, names.TEAM: names.STACK_TEAM}


def stack_groups() -> tuple[RuleGroup, ...]:
    """The one group of the stack's own alerts."""
    alerts = (*JUDGING, *COLLECTING, *NOTIFYING, *CAPACITY)
    return (RuleGroup(f"alerts/{STACK}", names.EVALUATION_INTERVAL, alerts, _LABELS),)


def thanos_groups() -> tuple[RuleGroup, ...]:
    """The one group of the alerts on Thanos, for stacks that have it."""
    return (RuleGroup(f"alerts/{THANOS}", names.EVALUATION_INTERVAL, THANOS_ALERTS, _LABELS),)
