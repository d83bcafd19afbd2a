"""The dashboards of common parts, such as Postgres: all services that use a signal, the nearest to an alert first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.builders import common, table, timeseries

from slostack import names
from slostack.bundle import RUNBOOK_URL
from slostack.dashboards import house, links, queries, units
from slostack.dashboards.house import Section, Sized, grid
from slostack.dashboards.naming import OVERVIEW_UID
from slostack.dashboards.variables import Variable, places
from slostack.spec import Selector, Service
from slostack.spec.signal_alerts import LibraryAlert
from slostack.spec.signal_library import Signal, library_signal, signal_names
from slostack.spec.syntax import parse_promql
from slostack.spec.watched import nearness, watched

MOST_LINES = 10
_TABLE_HEIGHT = 8
NEARNESS_STEPS: tuple[house.Step, ...] = ((None, house.NO_COLOR), (0, house.GREEN), (0.8, house.ORANGE), (1, house.RED))
"""Colours of how near an alert is: not known, far, near, beyond its threshold."""
_USE = f"{names.SERVICE}, {names.PREFIX}"
_BY_USE = queries.by_labels([names.SERVICE, names.PREFIX])

Shown = Mapping[str, LibraryAlert]
"""The alerts on a signal's page, by their names in the library, as the first service that has one has it."""


def used_signals(services: Sequence[Service]) -> dict[str, Shown]:
    """The signals that have a page and that some service uses, in the library's order, and what is on their pages."""
    found: dict[str, dict[str, LibraryAlert]] = {name: {} for name in signal_names()}
    for service in services:
        for alert in service.alerts:
            if isinstance(alert, LibraryAlert) and alert.page:
                found[alert.signal].setdefault(alert.in_library, alert)
    return {name: shown for name, shown in found.items() if shown}


def render_shared_dashboards(services: Sequence[Service]) -> dict[str, str]:
    """The JSON of each of them, by the dashboard's name; it depends on which alerts are in use, not on by how many."""
    used = used_signals(services).items()
    return {names.shared_page(name): _render(library_signal(name), shown) for name, shown in used}


def _render(signal: Signal, shown: Shown) -> str:
    of_signal = queries.matchers(signal=signal.name)
    alerts = {each.name: shown[each.name] for each in signal.alerts if each.name in shown}
    compared = any(nearness(alert.expr, names.SIGNAL_VALUE) for alert in alerts.values())
    near = [nearest(signal, of_signal)] if compared else []
    graphs = [*near, *(values(signal, name, alert) for name, alert in alerts.items())]
    return house.render(
        names.dashboard_uid(names.shared_page(signal.name)),
        f"{signal.page} of all services",
        f"Every service that switches on the signal `{signal.name}`, the nearest to an alert first.",
        tags=["slo", "shared"],
        links=[links.link("All services", links.dashboard_path(OVERVIEW_UID))],
        marked=[],
        sections=[
            Section("Now", (Sized(uses(signal, of_signal, alerts), house.GRID_WIDTH, _TABLE_HEIGHT),)),
            Section("What their alerts watch", grid(graphs, most=3, height=8)),
        ],
        variables=[
            *places(),
            Variable(names.SERVICE, f"{names.SIGNAL_VALUE}{{{of_signal}}}", "Service", _is_value),
        ],
    )


def _is_value(selector: Selector) -> bool:
    return selector.metric.startswith((names.SIGNAL_VALUE, names.SIGNAL_NEARNESS))


def uses(signal: Signal, of_signal: str, alerts: Shown) -> table.Panel:
    """Every service with what each alert watches; the nearest to an alert comes first and leads to its dashboard."""
    panel = house.rows(
        f"shared/{signal.name}",
        f"{signal.page}",
        "What each service's alerts watch. Near an alert is what its value is of its threshold, of the nearest: from "
        "100 % on it fires, or will when it lasts.",
        labels={names.SERVICE: "Service", names.PREFIX: "Part"},
        values={
            "Near an alert": _nearness(of_signal),
            **{alert.page or name: _value(signal, name, alert) for name, alert in alerts.items()},
        },
    )
    steps = house.thresholds(NEARNESS_STEPS).build()
    panel.sort_by([common.TableSortByFieldState().display_name("Near an alert").desc(True)])
    panel.override_by_name("Service", house.properties(links=[links.to_service("${__value.raw}").build()]))
    panel.override_by_name(
        "Near an alert",
        house.properties(unit=units.SHARE, decimals=0, thresholds=steps, custom_displayMode="color-background"),
    )
    for name, alert in alerts.items():
        says = {"mappings": house.YES_OR_NO} if watched(alert.expr)[0].is_switch else {"unit": _unit(alert)}
        panel.override_by_name(alert.page or name, house.properties(**says))
    return panel


def nearest(signal: Signal, of_signal: str) -> timeseries.Panel:
    """How near the services are to their nearest alerts."""
    panel = house.graph(
        f"shared/{signal.name}/nearest",
        "Near an alert",
        f"What the value of each service's nearest alert is of its threshold, of the {MOST_LINES} nearest.",
        units.SHARE,
        [(f"topk({MOST_LINES}, {_nearness(of_signal)})", _BY_USE)],
    ).links([_runbook(signal)])
    return house.with_limits(panel, [(None, house.NO_COLOR), (1, house.RED)])


def values(signal: Signal, name: str, alert: LibraryAlert) -> timeseries.Panel:
    """What one alert watches, of the services that are the worst off."""
    (template,) = (each for each in signal.alerts if each.name == name)
    lowest = watched(alert.expr)[0].worst_is_lowest
    return house.graph(
        f"shared/{signal.name}/{name}",
        alert.page or name,
        f"What {name} watches, of the {MOST_LINES} {'lowest' if lowest else 'highest'}; each service has a threshold "
        f"of its own.\n```\n{template.expr}\n```",
        _unit(alert),
        [(f"{'bottomk' if lowest else 'topk'}({MOST_LINES}, {_value(signal, name, alert)})", _BY_USE)],
    ).links([_runbook(signal)])


def _runbook(signal: Signal) -> links.PanelLink:
    return links.PanelLink("Runbook", f"{RUNBOOK_URL}/{signal.runbook}")


def _nearness(of_signal: str) -> str:
    return f"max by ({_USE}) ({names.SIGNAL_NEARNESS}{{{of_signal}}})"


def _value(signal: Signal, name: str, alert: LibraryAlert) -> str:
    worst = "min" if watched(alert.expr)[0].worst_is_lowest else "max"
    return f"{worst} by ({_USE}) ({names.SIGNAL_VALUE}{{{queries.matchers(signal=signal.name, alert=name)}}})"


def _unit(alert: LibraryAlert) -> str:
    return units.unit_of(parse_promql(watched(alert.expr)[0].expr))
