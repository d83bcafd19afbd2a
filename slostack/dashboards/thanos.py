"""The dashboard of Thanos: whether it answers, and what its alerts watch."""

from __future__ import annotations

from slostack import names
from slostack.dashboards import house, links, queries
from slostack.dashboards.alert_panels import urgent_alerts
from slostack.dashboards.house import Section, grid
from slostack.dashboards.stack import causes
from slostack.dashboards.stack_graphs import OF_THANOS
from slostack.dashboards.variables import places
from slostack.rules.stack import thanos_groups
from slostack.rules.stack_alerts.alert import STACK, THANOS


def render_thanos_dashboard() -> str:
    """The JSON of the dashboard of Thanos."""
    return house.render(
        names.dashboard_uid(THANOS),
        "Thanos",
        "What keeps metrics for years, and reads those of several clusters.",
        tags=["slo", "stack"],
        links=[links.link("The stack itself", links.dashboard_path(names.dashboard_uid(STACK)))],
        marked=[urgent_alerts(queries.matchers(service=STACK))],
        sections=[
            Section("Thanos", grid([line.graph() for line in OF_THANOS], most=3, height=7)),
            Section("What its alerts watch", grid(causes(thanos_groups()), most=3, height=7)),
        ],
        variables=places(),
    )
