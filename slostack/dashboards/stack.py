"""The dashboard of the stack itself: its servers, and what its own alerts watch."""

from __future__ import annotations

from collections.abc import Iterable

from grafana_foundation_sdk.builders import timeseries

from slostack import names
from slostack.bundle import RUNBOOK_URL
from slostack.dashboards import house, links, queries
from slostack.dashboards.alert_panels import firing_alerts, urgent_alerts, watched_by
from slostack.dashboards.house import Section, Sized, grid
from slostack.dashboards.naming import OVERVIEW_UID
from slostack.dashboards.one_line import OneLine
from slostack.dashboards.stack_graphs import (
    ANSWERS,
    MOST_LINES,
    OF_ALERTMANAGER,
    OF_LOKI_AND_GRAFANA,
    OF_PROMETHEUS,
    OF_SERVERS,
    PATHS,
)
from slostack.dashboards.variables import places
from slostack.rules.model import AlertingRule, RuleGroup
from slostack.rules.stack import stack_groups
from slostack.rules.stack_alerts.alert import STACK
from slostack.spec import Alert


def render_stack_dashboard() -> str:
    """The JSON of the dashboard of the stack itself."""
    where = queries.matchers(service=STACK)
    return house.render(
        names.dashboard_uid(STACK),
        "The stack itself",
        "Prometheus, Alertmanager, Loki, Grafana and what collects for them.",
        tags=["slo", "stack"],
        links=[links.link("All services", links.dashboard_path(OVERVIEW_UID))],
        marked=[urgent_alerts(where)],
        sections=[
            Section(
                "Now",
                (Sized(answering(), 14, 8), Sized(firing_alerts(where, with_service=False), 10, 8)),
            ),
            Section("Servers", grid(_graphs(OF_SERVERS), most=3, height=7)),
            Section("Prometheus", grid(_graphs(OF_PROMETHEUS), most=4, height=7)),
            Section("Alertmanager", grid(_graphs(OF_ALERTMANAGER), most=3, height=7)),
            Section("Loki and Grafana", grid(_graphs(OF_LOKI_AND_GRAFANA), most=3, height=7)),
            Section("What the stack's alerts watch", grid(causes(stack_groups()), most=3, height=7)),
        ],
        variables=places(),
    )


def answering() -> timeseries.Panel:
    """Whether each server and collector answers."""
    return ANSWERS.graph().axis_soft_max(1)


def _graphs(lines: Iterable[OneLine]) -> list[timeseries.Panel]:
    return [line.graph() for line in lines]


def causes(groups: Iterable[RuleGroup]) -> list[timeseries.Panel]:
    """What each alert of some of the stack's groups watches."""
    return [house.without_in_legends(watched_by(alert, most=MOST_LINES), PATHS) for alert in stack_alerts(groups)]


def stack_alerts(groups: Iterable[RuleGroup]) -> list[Alert]:
    """The stack's alerts as those of an SLO file are; but for those that are no trouble of their own."""
    rules = [rule for group in groups for rule in group.rules if isinstance(rule, AlertingRule)]
    return [_as_alert(rule) for rule in rules if rule.labels[names.SEVERITY] != names.NO_SEVERITY]


def _as_alert(rule: AlertingRule) -> Alert:
    return Alert.model_validate(
        {
            "name": rule.alert,
            "expr": rule.expr,
            "for": rule.for_,
            "severity": rule.labels[names.SEVERITY],
            "summary": rule.annotations["summary"],
            "description": rule.annotations["description"],
            "runbook": rule.annotations["runbook_url"].removeprefix(f"{RUNBOOK_URL}/"),
        }
    )
