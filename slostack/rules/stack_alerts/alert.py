"""How an alert on the stack itself is written down."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from slostack import names
from slostack.figures import rounded
from slostack.rules.links import links
from slostack.rules.model import AlertingRule
from slostack.spec.quantities import Duration

STACK = "slostack"
THANOS = f"{STACK}-thanos"
"""Names the rules and the dashboard of Thanos, which only a stack with Thanos has."""


def stack_alert(
    name: str,
    expr: str,
    minutes: int,
    severity: str,
    summary: str,
    description: str,
    runbook: str,
    labels: Mapping[str, str] = MappingProxyType({}),
    dashboard: str = STACK,
) -> AlertingRule:
    """An alert that fires once `expr` has returned something for some minutes; `dashboard` is the service whose
    dashboard it links to."""
    panel = None if severity == names.NO_SEVERITY else names.alert_panel(name)
    return AlertingRule(
        alert=name,
        expr=expr,
        for_=Duration(60 * minutes) if minutes else None,
        labels={names.SEVERITY: severity, **labels},
        annotations={
            "summary": rounded(summary),
            "description": rounded(description),
            **links(dashboard, f"{STACK}/{runbook}.md", panel),
        },
    )
