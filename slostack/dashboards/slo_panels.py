"""Panels of service level objectives: where they stand, a month of their budgets, how fast they burn."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders import common, table, timeseries

from slostack import names
from slostack.bundle import RUNBOOK_URL
from slostack.dashboards import house, links, queries, units
from slostack.spec import Calendar, Duration, Service, Slo, Tier

BUDGET_STEPS: tuple[house.Step, ...] = ((None, house.RED), (0, house.ORANGE), (0.25, house.GREEN))
"""Colours of the budget left: overspent, less than a quarter, enough."""
SECONDS_LEFT_STEPS: tuple[house.Step, ...] = (
    (None, house.GREY),
    (0, house.RED),
    (86400, house.ORANGE),
    (7 * 86400, house.GREEN),
)
BURN_STEPS: tuple[house.Step, ...] = ((None, house.GREEN), (1, house.ORANGE))
LOWEST_SHOWN = -1
"""Graphs cut overspent budgets off here, so that one doesn't flatten all others."""
_COVERED = (
    " Covered is how much of a rolling window has been counted. Of a young SLO that is little, and its budget is "
    "weighted by it; `slostack backfill` counts the past."
)
OBJECTIVE, BUDGET_LEFT, BURN_RATE = "Objective", "Budget left", f"Burn rate {queries.BURN_WINDOW}"
"""Columns that every table of SLOs has."""
_TIER_COLORS = {"page": (house.DARK_RED, house.RED, house.ORANGE), "ticket": (house.YELLOW, house.BLUE)}
"""The fastest of its kind first."""


def maintenance(where: str) -> house.Markers:
    """Marks when maintenance of an SLO is under way."""
    under_way = f"{queries.recorded(names.MAINTENANCE, where)} == 1"
    return house.Markers("Maintenance", under_way, house.BLUE, "Maintenance", f"{{{{{names.SLO}}}}}")


def slo_table(where: str, services: Sequence[Service], *, with_service: bool, covered: str = "") -> table.Panel:
    """Every SLO with its budget left, burn rate and time to exhaustion, and by a query how much of its window is
    covered; the lowest budget first."""
    service_label = {names.SERVICE: "Service"} if with_service else {}
    panel = house.rows(
        "slo-table",
        "Service level objectives",
        f"The budget left over each SLO's window, how fast the last {queries.BURN_WINDOW} spent it (1x spends it "
        "exactly over the window), and when it is spent if that goes on; - while nothing fails."
        + (_COVERED if covered else ""),
        labels={**service_label, names.SLO: "SLO", names.WINDOW: "Window"},
        values={
            OBJECTIVE: queries.recorded(names.OBJECTIVE, where),
            BUDGET_LEFT: queries.budget_left(where),
            BURN_RATE: queries.burn_rate(queries.BURN_WINDOW, where),
            "Time to exhaustion": queries.seconds_left(where),
            **({"Covered": covered} if covered else {}),
        },
        for_labels=[queries.slo_window(where)],
        without=[] if with_service else [names.SERVICE],
    )
    with_slo_columns(panel, services).override_by_name(
        "Time to exhaustion",
        house.properties(
            unit=units.SECONDS,
            decimals=1,
            thresholds=house.thresholds(SECONDS_LEFT_STEPS).build(),
            custom_displayMode="color-text",
        ),
    )
    if covered:
        panel.override_by_name("Covered", house.properties(unit=units.SHARE, decimals=0, custom_width=80))
    return panel


def with_slo_columns(panel: table.Panel, services: Sequence[Service]) -> table.Panel:
    """A table of SLOs whose columns look as those of every one, the lowest budget first."""
    slos = [slo for service in services for slo in service.slos]
    return (
        panel.sort_by([common.TableSortByFieldState().display_name(BUDGET_LEFT).desc(False)])
        .override_by_name("SLO", house.properties(custom_width=180))
        .override_by_name("Window", house.properties(custom_width=90))
        .override_by_name(OBJECTIVE, house.properties(unit=units.SHARE, decimals=_decimals(slos), custom_width=100))
        .override_by_name(
            BUDGET_LEFT,
            house.properties(
                unit=units.SHARE,
                decimals=1,
                min=0,
                max=1,
                thresholds=house.thresholds(BUDGET_STEPS).build(),
                custom_displayMode="basic",
                custom_width=200,
            ),
        )
        .override_by_name(
            BURN_RATE,
            house.properties(
                unit=units.TIMES,
                decimals=2,
                thresholds=house.thresholds(BURN_STEPS).build(),
                custom_displayMode="color-text",
                custom_width=110,
            ),
        )
    )


def _decimals(slos: Sequence[Slo]) -> int:
    """How many decimals the objectives' percentages need."""
    return max((len(f"{slo.objective:.10g}".partition(".")[2]) for slo in slos), default=0)


def budget_history(service: Service) -> timeseries.Panel:
    """The budget left of every SLO over the longest window."""
    window = max(slo.reach for slo in service.slos)
    return budgets(
        names.BUDGET_PANEL,
        f"Budget left, last {window}",
        f"The share of the error budget left over each SLO's window. {_forgets(*service.slos)} "
        f"Cut off at {LOWEST_SHOWN:.0%}.",
        f"clamp_min({queries.budget_left(queries.matchers(service=service.service))}, {LOWEST_SHOWN})",
        f"{{{{{names.SLO}}}}}",
        window,
    )


def budgets_by_group(service: Service, slo: Slo) -> timeseries.Panel:
    """The budget left of every label set of a grouped SLO, over its window."""
    where = names.identity(service.service, slo.name)
    return budgets(
        f"budget-by-group/{slo.name}",
        f"Budget left by {', '.join(slo.group_by)}: {slo.name}",
        f"The share of the error budget that each label set has left over {slo.period}. {_forgets(slo)} "
        f"Cut off at {LOWEST_SHOWN:.0%}.",
        f"clamp_min({names.BUDGET_REMAINING}{{{where}}}, {LOWEST_SHOWN})",
        queries.by_labels(slo.group_by),
        slo.reach,
    )


def _forgets(*slos: Slo) -> str:
    """When spent budget is back, as the windows of SLOs have it."""
    calendars = sorted({str(slo.window) for slo in slos if isinstance(slo.window, Calendar)})
    rolling = "Old errors leave a rolling window again." if len(calendars) < len({str(s.window) for s in slos}) else ""
    back = f"A {' or '.join(calendars)} begins with all of it." if calendars else ""
    return " ".join(filter(None, [rolling, back]))


def budgets(key: str, title: str, description: str, expr: str, legend: str, window: Duration) -> timeseries.Panel:
    """A graph of budgets left over a window, whatever time the dashboard shows."""
    panel = (
        house.graph(key, title, description, units.SHARE, [(expr, legend)], from_zero=False)
        .time_from(str(window))
        .span_nulls(True)
    )
    return house.with_limits(panel, [(None, house.NO_COLOR), (0, house.RED)])


def burn_rates(service: Service, slo: Slo) -> timeseries.Panel:
    """An SLO's burn rate over the window of each tier that alerts on it, against the tier's threshold; of a grouped
    one the fastest of all label sets."""
    where = names.identity(service.service, slo.name)
    fastest = f" Of all sets of {', '.join(slo.group_by)} the fastest." if slo.group_by else ""
    lines = {tier.long: _tier_legend(tier) for tier in slo.tiers}
    lines.setdefault(queries.BURN_WINDOW, str(queries.BURN_WINDOW))
    panel = house.graph(
        names.burn_panel(slo.name),
        f"Burn rate: {slo.name}",
        f"{slo.description}. {slo.objective:g} % over {slo.period}.\n\nHow many times faster than evenly the budget is "
        f"spent.{fastest} A tier alerts while its window, drawn, and its short window are both above the line of its "
        "colour.",
        units.TIMES,
        [(f"max({names.burn_rate(window)}{{{where}}})", lines[window]) for window in sorted(lines)],
    )
    for tier in slo.tiers:
        panel.override_by_name(_tier_legend(tier), house.properties(color=house.fixed_color(_color(slo, tier))))
    limits = sorted((tier.burn, _color(slo, tier)) for tier in slo.tiers)
    return house.with_limits(panel, [(None, house.NO_COLOR), *limits]).links(
        [links.PanelLink("Runbook", f"{RUNBOOK_URL}/{slo.runbook}")]
    )


def burn_rates_by_group(service: Service, slo: Slo) -> timeseries.Panel:
    """The burn rate of every label set of a grouped SLO."""
    where = names.identity(service.service, slo.name)
    return house.graph(
        f"burn-rate-by-group/{slo.name}",
        f"Burn rate by {', '.join(slo.group_by)}: {slo.name}",
        f"How many times faster than evenly each label set spends its budget, over {queries.BURN_WINDOW}. "
        f"At most {slo.group_limit} are judged; {names.GROUPS_REFUSED} says how many are not.",
        units.TIMES,
        [(f"{names.burn_rate(queries.BURN_WINDOW)}{{{where}}}", queries.by_labels(slo.group_by))],
    )


def _tier_legend(tier: Tier) -> str:
    return f"{tier.long} ({tier.kind} above {tier.burn:g}x)"


def _color(slo: Slo, tier: Tier) -> str:
    colors = _TIER_COLORS[tier.kind]
    return colors[[each for each in slo.tiers if each.kind == tier.kind].index(tier) % len(colors)]
