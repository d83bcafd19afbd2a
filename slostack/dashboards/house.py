"""House style: how every dashboard and panel looks unless it says otherwise, and how they become JSON.

Dashboards are written in Grafana 7.5's schema, which every later Grafana migrates as it loads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import cast

import orjson
from grafana_foundation_sdk.builders import common, dashboard, logs, loki, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_model
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import prometheus as prometheus_model

from slostack.dashboards.variables import Variable, narrowed
from slostack.names import panel_id
from slostack.spec.scrape import MOST_SCRAPE_INTERVAL

SCHEMA_VERSION = 27
GRID_WIDTH = 24
PROMETHEUS = cast(model.DataSourceRef, "prometheus")
LOKI = cast(model.DataSourceRef, "loki")
"""Plain uids: Grafana 7.5 knows no other reference, and later ones make theirs of it."""

DARK_RED, RED, ORANGE, YELLOW, GREEN, BLUE = "dark-red", "red", "orange", "yellow", "green", "blue"
GREY = "#8e8e8e"
NO_COLOR = "transparent"
NOTHING = "-"
"""What a cell shows that has no value."""

LINE_WIDTH = 2
RATE_STEP = f"{MOST_SCRAPE_INTERVAL.seconds}s"
"""A least step that makes Grafana's `$__rate_interval`, four steps, as long as the shortest SLO window."""

_JSON = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATACLASS
_GRANTED: tuple[tuple[str, object], ...] = (
    ("repeatDirection", "h"),
    ("transformations", []),
    ("transparent", False),
    ("instant", False),
)
"""What every Grafana takes for granted."""

Step = tuple[float | None, str]
"""A threshold: the value from which a colour applies (None: from the bottom), and the colour."""


def _queries(lines: Iterable[tuple[str, str]]) -> list[prometheus.Dataquery]:
    return [
        prometheus.Dataquery().expr(expr).legend_format(legend).ref_id(ref_id(index))
        for index, (expr, legend) in enumerate(lines)
    ]


def ref_id(index: int) -> str:
    """The letter by which Grafana refers to a panel's query: A to Z, then AA."""
    return (ref_id(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)


def graph(
    key: str, title: str, description: str, unit: str, lines: Iterable[tuple[str, str]], *, from_zero: bool = True
) -> timeseries.Panel:
    """A graph over time of expressions and their legends; `from_zero` is for values that are never negative."""
    panel = timeseries.Panel().id(panel_id(key)).title(title).description(description).datasource(PROMETHEUS)
    panel = panel.axis_soft_min(0) if from_zero else panel
    return (
        panel.targets([query.range().interval(RATE_STEP) for query in _queries(lines)])
        .unit(unit)
        .color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC))
        .line_width(LINE_WIDTH)
        .fill_opacity(0)
        .show_points(common_model.VisibilityMode.NEVER)
        .legend(_legend(common_model.LegendDisplayMode.LIST))
        .tooltip(common.VizTooltipOptions().mode(common_model.TooltipDisplayMode.MULTI))
    )


def show_exemplars(panel: timeseries.Panel) -> None:
    """Draws the exemplars of what the graph's last line reads; its other lines read the same."""
    query = (panel.build().targets or [])[-1]
    assert isinstance(query, prometheus_model.Dataquery)
    query.exemplar = True


def without_legend(panel: timeseries.Panel) -> timeseries.Panel:
    """The graph without a legend, for a single line that its title names."""
    return panel.legend(_legend(common_model.LegendDisplayMode.HIDDEN))


def without_in_legends(panel: timeseries.Panel, pattern: str) -> timeseries.Panel:
    """The graph with legends that leave out what a regular expression matches."""
    rename = {"regex": pattern, "renamePattern": ""}
    return panel.with_transformation(model.DataTransformerConfig(id_val="renameByRegex", options=rename))


def _legend(mode: common_model.LegendDisplayMode) -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(mode)
        .placement(common_model.LegendPlacement.BOTTOM)
        .show_legend(mode is not common_model.LegendDisplayMode.HIDDEN)
        .calcs([])
    )


def with_limits(panel: timeseries.Panel, steps: Sequence[Step]) -> timeseries.Panel:
    """The graph with a dashed line at each threshold, on an axis that is tall enough to show it."""
    top = max((value for value, _ in steps if value is not None), default=0.0)
    return (
        panel.thresholds(thresholds(steps))
        .thresholds_style(common.GraphThresholdsStyleConfig().mode(common_model.GraphTresholdsStyleMode.DASHED))
        .axis_soft_max(float(f"{max(top, 0) * 1.1:.6g}") or 1)
    )


def thresholds(steps: Sequence[Step]) -> dashboard.ThresholdsConfig:
    """Absolute thresholds, from the bottom up."""
    absolute = dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE)
    return absolute.steps([model.Threshold(value, color) for value, color in steps])


def stats(key: str, title: str, description: str, unit: str, lines: Iterable[tuple[str, str]]) -> stat.Panel:
    """Tiles with the latest values of expressions, coloured by thresholds."""
    panel = stat.Panel().id(panel_id(key)).title(title).description(description).datasource(PROMETHEUS)
    return (
        panel.targets([query.instant() for query in _queries(lines)])
        .unit(unit)
        .color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
        .color_mode(common_model.BigValueColorMode.BACKGROUND)
        .graph_mode(common_model.BigValueGraphMode.NONE)
        .text_mode(common_model.BigValueTextMode.VALUE_AND_NAME)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
        .orientation(common_model.VizOrientation.AUTO)
    )


def rows(
    key: str,
    title: str,
    description: str,
    labels: Mapping[str, str],
    values: Mapping[str, str],
    *,
    for_labels: Sequence[str] = (),
    without: Sequence[str] = (),
) -> table.Panel:
    """A table that joins instant queries by the labels that they share.

    `labels` gives labels their column's name, `values` gives columns their query, `for_labels` are queries that only
    add labels, and labels `without` a column are left out. Columns come in the order given.
    """
    exprs = [*values.values(), *for_labels]
    refs = [ref_id(index) for index in range(len(exprs))]
    shown = {**labels, **{_value_field(ref): name for ref, name in zip(refs, values, strict=False)}}
    hidden = ["Time", *without, *map(_value_field, refs[len(values) :])]
    columns = {
        "excludeByName": dict.fromkeys(hidden, True),
        "indexByName": {field: index for index, field in enumerate(shown)},
        "renameByName": shown,
    }
    panel = table.Panel().id(panel_id(key)).title(title).description(description).datasource(PROMETHEUS)
    panel.build().field_config = model.FieldConfigSource(defaults=model.FieldConfig(custom=_PLAIN_CELLS))
    return (
        panel.targets([_table_query(expr, ref) for expr, ref in zip(exprs, refs, strict=True)])
        .with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(model.DataTransformerConfig(id_val="organize", options=columns))
        .color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
        .thresholds(thresholds([(None, GREY)]))
        .no_value(NOTHING)
    )


_PLAIN_CELLS = {"displayMode": "auto"}
"""Where a table has no cell style of its own, Grafana 12's migration of schemas forgets those of its columns."""


def _value_field(ref: str) -> str:
    return f"Value #{ref}"


def _table_query(expr: str, ref: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expr).instant().format(prometheus_model.PromQueryFormat.TABLE).ref_id(ref)


def properties(**values: object) -> list[model.DynamicConfigValue]:
    """What an override sets, by property; `custom_width` is the property `custom.width`."""
    return [model.DynamicConfigValue(name.replace("custom_", "custom."), value) for name, value in values.items()]


YES_OR_NO = [{"id": 1, "type": 1, "value": "0", "text": "no"}, {"id": 2, "type": 1, "value": "1", "text": "yes"}]
"""The property `mappings` of what is 1 or 0."""


def fixed_color(color: str) -> dict[str, str]:
    """The property `color` of a series that always has one colour."""
    return {"mode": "fixed", "fixedColor": color}


def log_lines(key: str, title: str, description: str, expr: str) -> logs.Panel:
    """Log lines of a LogQL query, the newest first."""
    panel = logs.Panel().id(panel_id(key)).title(title).description(description).datasource(LOKI)
    return (
        panel.with_target(loki.Dataquery().expr(expr).ref_id("A"))
        .show_time(True)
        .wrap_log_message(True)
        .enable_log_details(True)
        .sort_order(common_model.LogsSortOrder.DESCENDING)
    )


@dataclass(frozen=True)
class Markers:
    """Times that are marked on every graph: those at which an expression returns something; texts may name labels."""

    name: str
    expr: str
    color: str
    title: str
    text: str


class _Annotation(model.AnnotationQuery):
    """Markers as Grafana reads them; the SDK doesn't know the names of Prometheus' annotations yet."""

    def __init__(self, markers: Markers) -> None:
        super().__init__(name=markers.name, datasource=PROMETHEUS, icon_color=markers.color, expr=markers.expr)
        self.texts = {"titleFormat": markers.title, "textFormat": markers.text, "step": "60s"}

    def to_json(self) -> dict[str, object]:
        return super().to_json() | self.texts


@dataclass(frozen=True)
class Sized:
    """A panel with its size on the grid, which is 24 wide."""

    panel: Builder[model.Panel]
    width: int
    height: int


@dataclass(frozen=True)
class Section:
    """A row's title and the panels below it, which fill its lines from left to right."""

    title: str
    panels: tuple[Sized, ...]


def table_height(lines: int, most: int) -> int:
    """The height of a table with so many lines, where longer ones than `most` scroll."""
    return min(max(lines, 3), most) + 3


def grid(panels: Sequence[Builder[model.Panel]], most: int, height: int) -> tuple[Sized, ...]:
    """Panels of one size, at most so many on a line, in lines as full as each other."""
    lines = ceil(len(panels) / most)
    return tuple(Sized(panel, GRID_WIDTH // ceil(len(panels) / lines), height) for panel in panels)


def render(
    uid: str,
    title: str,
    description: str,
    *,
    tags: Sequence[str],
    links: Sequence[dashboard.DashboardLink],
    marked: Sequence[Markers],
    sections: Sequence[Section],
    variables: Sequence[Variable],
) -> str:
    """A dashboard's JSON, without empty sections; its queries are narrowed by the variables."""
    board = (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(["slostack", *tags])
        .editable()
        .timezone("browser")
        .time("now-6h", "now")
        .refresh("1m")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .links(list(links))
    )
    for section in sections:
        if section.panels:
            board.with_row(dashboard.Row(section.title).id(panel_id(f"section/{section.title}")))
        for sized in section.panels:
            sized.panel.build().grid_pos = model.GridPos(h=sized.height, w=sized.width)
            _narrow(sized.panel.build(), variables)
            board.with_panel(sized.panel)
    built = board.build()
    built.schema_version = SCHEMA_VERSION
    narrower = [replace(markers, expr=narrowed(markers.expr, variables)) for markers in marked]
    built.annotations = model.AnnotationContainer([_Annotation(markers) for markers in narrower])
    built.templating = cast(model.DashboardDashboardTemplating, {"list": variables})
    return orjson.dumps(built, _without_granted, _JSON).decode()


def _narrow(panel: model.Panel, variables: Sequence[Variable]) -> None:
    for query in panel.targets or []:
        if isinstance(query, prometheus_model.Dataquery):
            query.expr = narrowed(query.expr, variables)


def _without_granted(part: object) -> object:
    """A dashboard's part as it is in JSON, without what is granted: there are many panels."""
    data = JSONEncoder().default(part)
    if isinstance(part, model.Panel | prometheus_model.Dataquery):
        for name, value in _GRANTED:
            if data.get(name) == value:
                del data[name]
    return data
