"""The dashboard of one service."""

from __future__ import annotations

from grafana_foundation_sdk.builders import logs, timeseries

from slostack import names
from slostack.dashboards import house, links, queries
from slostack.dashboards.alert_panels import drawn_queries, firing_alerts, urgent_alerts, watched_by
from slostack.dashboards.golden_panels import errors, latency, slices, statuses, traffic, uptimes
from slostack.dashboards.house import Section, Sized, grid
from slostack.dashboards.naming import OVERVIEW_UID
from slostack.dashboards.service_variables import service_variables
from slostack.dashboards.slo_panels import (
    budget_history,
    budgets_by_group,
    burn_rates,
    burn_rates_by_group,
    maintenance,
    slo_table,
)
from slostack.spec import Panel, Selector, Service
from slostack.spec.signal_alerts import LibraryPanel
from slostack.spec.syntax import parse_promql
from slostack.spec.watched import sharing

_MOST_SLOS_SHOWN = 12
TRACES = "traces"
"""The name of the link, in an SLO file, to where a service's traces are."""
FURTHER_GRAPHS = "Further graphs"
"""The section of those that the service's file, or a signal in it, asks for."""
VERSION_INFO = "app_version_info"
"""1 for each version that runs, named by its label `version`."""


def render_service_dashboard(service: Service) -> str:
    """The JSON of a service's dashboard."""
    where = queries.matchers(service=service.service)
    return house.render(
        names.dashboard_uid(service.service),
        service.service,
        service.description,
        tags=["slo", service.team],
        links=[
            links.link("All services", links.dashboard_path(OVERVIEW_UID)),
            *(links.link(title, url, new_tab=True) for title, url in service.links.items()),
        ],
        marked=[
            urgent_alerts(where),
            releases(service),
            *([maintenance(where)] if any(slo.maintenance for slo in service.slos) else []),
        ],
        sections=[
            Section("Now", _now(service, where)),
            Section("Burn rates", grid([burn_rates(service, slo) for slo in service.slos], most=3, height=8)),
            Section("By label set", grid(_by_label_set(service), most=2, height=8)),
            Section("Traffic", grid(traffic(service), most=4, height=7)),
            Section("Errors and latency", grid(_goodness(service), most=4, height=7)),
            Section("Causes and saturation", grid(_causes(service), most=3, height=7)),
            Section(FURTHER_GRAPHS, grid(_further(service), most=3, height=8)),
            Section("Logs", (Sized(log_panel(service), house.GRID_WIDTH, 12),)),
        ],
        variables=service_variables(service),
    )


def _now(service: Service, where: str) -> tuple[Sized, ...]:
    height = house.table_height(len(service.slos), _MOST_SLOS_SHOWN)
    return (
        Sized(slo_table(where, [service], with_service=False, covered=queries.covered(service)), 14, height),
        Sized(firing_alerts(where, with_service=False), 10, height),
        Sized(budget_history(service), house.GRID_WIDTH, 8),
    )


def _goodness(service: Service) -> list[timeseries.Panel]:
    logs = links.logs_link(str(service.job_matcher))
    traces = [links.PanelLink("Traces", service.links[TRACES])] if TRACES in service.links else []
    return [
        *(panel.links([logs]) for panel in (*errors(service), *statuses(service))),
        *(panel.links([logs, *traces]) for panel in latency(service)),
        *(panel.links([logs]) for panel in (*slices(service), *uptimes(service))),
    ]


def _causes(service: Service) -> list[timeseries.Panel]:
    logs = links.logs_link(str(service.job_matcher))
    return [watched_by(*alerts, further=[logs]) for alerts in sharing(service.alerts)]


def _further(service: Service) -> list[timeseries.Panel]:
    """The graphs that the file asks for, and those of its signals that no alert has already."""
    there = {drawn_queries(alert) for alert in service.alerts}
    return [
        own_panel(panel)
        for panel in service.panels
        if not (isinstance(panel, LibraryPanel) and _queries(panel) in there)
    ]


def _queries(panel: Panel) -> tuple[str, ...]:
    return tuple(str(parse_promql(line.expr).prettify()).strip() for line in panel.lines)


def _by_label_set(service: Service) -> list[timeseries.Panel]:
    grouped = [slo for slo in service.slos if slo.group_by]
    return [panel(service, slo) for slo in grouped for panel in (budgets_by_group, burn_rates_by_group)]


def own_panel(panel: Panel) -> timeseries.Panel:
    """A graph that the service's file, or a signal in it, asks for."""
    lines = [(line.expr, line.legend) for line in panel.lines]
    return house.graph(f"panel/{panel.title}", panel.title, panel.description or "", panel.unit, lines)


def log_panel(service: Service) -> logs.Panel:
    """The logs of the service's jobs, by the label that its metrics have."""
    return house.log_lines(
        names.LOGS_PANEL, "Logs", "What the service writes, the newest first.", f"{{{service.job_matcher}}}"
    )


def releases(service: Service) -> house.Markers:
    """Marks for five minutes when a version runs that did not run before, while another did."""
    running = Selector(VERSION_INFO, (service.job_matcher,))
    before = f"group by (version) (last_over_time({running}[5m] offset 5m))"
    new = f"group by (version) ({running}) unless {before} and on () {before}"
    return house.Markers("Releases", new, house.GREEN, "Release {{version}}", "")
