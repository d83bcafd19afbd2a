"""The dashboard of all services. Its queries go by label: it holds as many services as there are."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import DashboardLink

from slostack import names
from slostack.dashboards import house, links, queries, units
from slostack.dashboards.alert_panels import SEVERITY_COLORS, firing_alerts, urgent_alerts
from slostack.dashboards.house import Section, Sized
from slostack.dashboards.naming import OVERVIEW_UID
from slostack.dashboards.probes import PROBES
from slostack.dashboards.shared import used_signals
from slostack.dashboards.slo_panels import BUDGET_STEPS, LOWEST_SHOWN, budgets, slo_table
from slostack.dashboards.variables import Variable, is_recorded, places
from slostack.rules.stack_alerts.alert import STACK
from slostack.spec import Duration, Selector, Service
from slostack.spec.signal_library import library_signal

EVERYTHING = ""
WORST_SERVICES = 24
WORST_BUDGETS = 10
MOST_SLOS_SHOWN = 20
_OF_NO_SLO = Duration(30 * 86400)
"""What is shown of a stack that has no service yet."""


def render_overview_dashboard(services: tuple[Service, ...]) -> str:
    """The JSON of the overview of all services."""
    any_probes = any(service.probes for service in services)
    return house.render(
        OVERVIEW_UID,
        "Service level objectives",
        "Every service's objectives, the worst first, and what alerts now.",
        tags=["slo", "overview"],
        links=[
            links.link("The stack itself", links.dashboard_path(names.dashboard_uid(STACK))),
            *([links.link("Probes", links.dashboard_path(names.dashboard_uid(PROBES)))] if any_probes else []),
            *(_to_shared(signal) for signal in used_signals(services)),
        ],
        marked=[urgent_alerts(EVERYTHING)],
        sections=[
            Section("Now", (Sized(alerts_by_severity(), 8, 5), Sized(worst_services(), 16, 5))),
            Section("Objectives", (Sized(objectives(services), house.GRID_WIDTH, _table_height(services)),)),
            Section(
                "Alerts and history",
                (
                    Sized(alerts(), 12, 10),
                    Sized(worst_budgets(services), 12, 10),
                ),
            ),
        ],
        variables=_variables(),
    )


def _variables() -> list[Variable]:
    """The place, team and service; of SLOs `slo:info` alone knows the team, alerts have it themselves."""
    return [
        *places(),
        Variable(names.TEAM, names.INFO, "Team", _says_its_team),
        Variable(names.SERVICE, f'{names.INFO}{{{names.TEAM}=~"${names.TEAM}"}}', "Service", is_recorded),
    ]


def _says_its_team(selector: Selector) -> bool:
    return selector.metric.startswith(("ALERTS", names.INFO)) and queries.NOT_OF_TEAM not in selector.matchers


def _to_shared(signal: str) -> DashboardLink:
    path = links.dashboard_path(names.dashboard_uid(names.shared_page(signal)))
    return links.link(library_signal(signal).page or signal, path)


def _table_height(services: Sequence[Service]) -> int:
    return house.table_height(sum(len(service.slos) for service in services), MOST_SLOS_SHOWN)


def alerts_by_severity() -> stat.Panel:
    """How many alerts of each severity fire."""
    panel = house.stats(
        "alerts-by-severity",
        "Firing alerts by severity",
        "How many alerts of each severity fire.",
        units.NUMBER,
        [(queries.firing_of_severity(severity), severity) for severity in queries.SEVERITIES],
    ).thresholds(house.thresholds([(None, house.GREEN)]))
    for severity in queries.SEVERITIES:
        steps: list[house.Step] = [(None, house.GREEN), (1, SEVERITY_COLORS[severity])]
        panel.override_by_name(severity, house.properties(thresholds=house.thresholds(steps).build()))
    return panel


def worst_services() -> stat.Panel:
    """The lowest budget of each service; each tile leads to its service's dashboard."""
    lowest = f"min by ({names.SERVICE}) ({queries.budget_left(EVERYTHING)})"
    panel = house.stats(
        "worst-services",
        "Lowest budget left, by service",
        f"Each service's lowest error budget, the lowest first; at most {WORST_SERVICES} services.",
        units.SHARE,
        [(f"sort(bottomk({WORST_SERVICES}, {lowest}))", f"{{{{{names.SERVICE}}}}}")],
    )
    return (
        panel.decimals(1)
        .thresholds(house.thresholds(BUDGET_STEPS))
        .data_links([links.to_service(f"${{__field.labels.{names.SERVICE}}}")])
    )


def objectives(services: Sequence[Service]) -> table.Panel:
    """All SLOs, the lowest budget first; each service's name leads to its dashboard."""
    to_service = links.to_service("${__value.raw}").build()
    return slo_table(EVERYTHING, services, with_service=True).override_by_name(
        "Service", house.properties(links=[to_service])
    )


def alerts() -> table.Panel:
    """The alerts that fire now; each service's name leads to its dashboard."""
    to_service = links.to_service("${__value.raw}").build()
    return firing_alerts(EVERYTHING, with_service=True).override_by_name(
        "Service", house.properties(links=[to_service])
    )


def worst_budgets(services: Sequence[Service]) -> timeseries.Panel:
    """The lowest budgets of now, over the longest window."""
    window = max((slo.reach for service in services for slo in service.slos), default=_OF_NO_SLO)
    slo = f"{names.SERVICE}, {names.SLO}"
    left = f"min by ({slo}) ({names.BUDGET_REMAINING})"
    latest = f"max by ({slo}) (last_over_time({names.BUDGET_REMAINING}[1h] @ end()))"
    others = f"last_over_time({queries.OF_OTHER_TEAMS}[1h] @ end())"
    lowest_now = f"bottomk({WORST_BUDGETS}, {latest} unless on ({slo}) {others})"
    return budgets(
        "worst-budgets",
        f"The {WORST_BUDGETS} lowest budgets, last {window}",
        f"How the budgets that are the lowest now got there. Cut off at {LOWEST_SHOWN:.0%}.",
        f"clamp_min({left} and on ({slo}) {lowest_now}, {LOWEST_SHOWN})",
        f"{{{{{names.SERVICE}}}}}: {{{{{names.SLO}}}}}",
        window,
    )
