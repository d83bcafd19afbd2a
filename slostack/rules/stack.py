"""Alerts on the health of the stack itself: what would make every other alert wrong or silent."""

from __future__ import annotations

from slostack import names
from slostack.rules.model import RuleGroup
from slostack.rules.stack_alerts.alert import STACK
from slostack.rules.stack_alerts.capacity import CAPACITY
from slostack.rules.stack_alerts.collecting import COLLECTING
from slostack.rules.stack_alerts.judging import JUDGING
from slostack.rules.stack_alerts.notifying import NOTIFYING


def stack_groups() -> tuple[RuleGroup, ...]:
    """The one group of the stack's own alerts."""
    labels = {names.SERVICE: STACK, names.TEAM: names.STACK_TEAM}
    alerts = (*JUDGING, *COLLECTING, *NOTIFYING, *CAPACITY)
    return (RuleGroup(f"alerts/{STACK}", names.EVALUATION_INTERVAL, alerts, labels),)
