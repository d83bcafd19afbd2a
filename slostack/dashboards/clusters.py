"""The dashboard of several clusters that one query sees: SLOs over all of them, and in each."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders import table, timeseries

from slostack import names
from slostack.dashboards import house, links, queries, units
from slostack.dashboards.house import Section, Sized, grid
from slostack.dashboards.naming import OVERVIEW_UID
from slostack.dashboards.overview import MOST_SLOS_SHOWN, WORST_BUDGETS
from slostack.dashboards.slo_panels import BUDGET_LEFT, BURN_RATE, LOWEST_SHOWN, OBJECTIVE, budgets, with_slo_columns
from slostack.dashboards.variables import Variable, is_recorded, places
from slostack.spec import Duration, Service

CLUSTERS = "clusters"
_SLO = f"{names.SERVICE}, {names.SLO}"
_IN_CLUSTER = f"{_SLO}, {names.CLUSTER}"
_LOWEST = "Lowest in a cluster"
_SHOWN = Duration(30 * 86400)


def render_clusters_dashboard(services: Sequence[Service]) -> str:
    """The JSON of the dashboard of several clusters."""
    height = house.table_height(sum(len(service.slos) for service in services), MOST_SLOS_SHOWN)
    return house.render(
        names.dashboard_uid(CLUSTERS),
        "Clusters",
        "Every service's objectives over all clusters, and in each.",
        tags=["slo", CLUSTERS],
        links=[links.link("All services", links.dashboard_path(OVERVIEW_UID))],
        marked=[],
        sections=[
            Section("Over all clusters", (Sized(over_all(services), house.GRID_WIDTH, height),)),
            Section("In each cluster", (Sized(in_each(services), house.GRID_WIDTH, height),)),
            Section("History", grid([history_over_all(), history_in_each()], most=2, height=10)),
        ],
        variables=[*places(), Variable(names.SERVICE, names.INFO, "Service", is_recorded)],
    )


def left_over_all(at: str = "") -> str:
    """The share of the error budget that is left where the events of all clusters are judged as one: the mean of what
    they have left, by events. Of a grouped SLO it is the worst label set's. `at` is a modifier of time."""
    left, events = f"{names.BUDGET_REMAINING}{at}", f"{names.WINDOW_EVENTS}{at}"
    mean = f"{_over_all(f'{left} * {events}')} / ({_over_all(events)} > 0)"
    return f"min by ({_SLO}) ({mean} or max without ({names.CLUSTER}) ({left}))"


def burn_over_all(window: Duration) -> str:
    """How many times faster than evenly all clusters together spend the budget, by their counts of five minutes; of a
    grouped SLO the fastest label set."""
    bad, events = (_over_all(f"sum_over_time({each}[{window}])") for each in (names.BAD_EVENTS, names.EVENTS))
    return f"max by ({_SLO}) ({bad} / ({events} > 0)) / max by ({_SLO}) ({names.BUDGET})"


def _over_all(expr: str) -> str:
    return f"sum without ({names.CLUSTER}) ({expr})"


def over_all(services: Sequence[Service]) -> table.Panel:
    """What all clusters together have left of each SLO's budget, and how fast they spend it."""
    panel = house.rows(
        "over-all-clusters",
        "Objectives over all clusters",
        "What is left of each SLO's budget where the events of all clusters are judged as one, how fast the last "
        f"{queries.BURN_WINDOW} spent it, and the lowest that a cluster has left.",
        labels={names.SERVICE: "Service", names.SLO: "SLO", names.WINDOW: "Window"},
        values={
            OBJECTIVE: f"max by ({_SLO}) ({names.OBJECTIVE})",
            BUDGET_LEFT: left_over_all(),
            BURN_RATE: burn_over_all(queries.BURN_WINDOW),
            _LOWEST: f"min by ({_SLO}) ({names.BUDGET_REMAINING})",
        },
        for_labels=[f"max by ({_SLO}, {names.WINDOW}) ({names.INFO})"],
    )
    return with_slo_columns(panel, services).override_by_name(_LOWEST, house.properties(unit=units.SHARE, decimals=1))


def in_each(services: Sequence[Service]) -> table.Panel:
    """What each cluster has left of each SLO's budget, and how fast it spends it."""
    panel = house.rows(
        "in-each-cluster",
        "Objectives in each cluster",
        f"What each cluster has left of its own budget, and how fast the last {queries.BURN_WINDOW} spent it.",
        labels={names.SERVICE: "Service", names.SLO: "SLO", names.CLUSTER: "Cluster"},
        values={
            BUDGET_LEFT: f"min by ({_IN_CLUSTER}) ({names.BUDGET_REMAINING})",
            BURN_RATE: f"max by ({_IN_CLUSTER}) ({names.burn_rate(queries.BURN_WINDOW)})",
        },
    )
    return with_slo_columns(panel, services)


def history_over_all() -> timeseries.Panel:
    """How the lowest budgets of now, over all clusters, got there."""
    lowest = f"bottomk({WORST_BUDGETS}, {left_over_all(' @ end()')})"
    return budgets(
        "history-over-all-clusters",
        f"The {WORST_BUDGETS} lowest budgets over all clusters, last {_SHOWN}",
        f"How the budgets that are the lowest now got there. Cut off at {LOWEST_SHOWN:.0%}.",
        f"clamp_min({left_over_all()} and on ({_SLO}) {lowest}, {LOWEST_SHOWN})",
        f"{{{{{names.SERVICE}}}}}: {{{{{names.SLO}}}}}",
        _SHOWN,
    )


def history_in_each() -> timeseries.Panel:
    """How the lowest budgets of now in any cluster got there."""
    left = f"min by ({_IN_CLUSTER}) ({names.BUDGET_REMAINING})"
    lowest = f"bottomk({WORST_BUDGETS}, min by ({_IN_CLUSTER}) ({names.BUDGET_REMAINING} @ end()))"
    return budgets(
        "history-in-each-cluster",
        f"The {WORST_BUDGETS} lowest budgets in a cluster, last {_SHOWN}",
        f"How the budgets that are the lowest now got there. Cut off at {LOWEST_SHOWN:.0%}.",
        f"clamp_min({left} and on ({_IN_CLUSTER}) {lowest}, {LOWEST_SHOWN})",
        f"{{{{{names.CLUSTER}}}}} {{{{{names.SERVICE}}}}}: {{{{{names.SLO}}}}}",
        _SHOWN,
    )
