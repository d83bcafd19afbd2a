"""Panels of alerts: what fires, and for each threshold alert the graph of what it watches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from grafana_foundation_sdk.builders import common, table, timeseries

from slostack import names
from slostack.bundle import RUNBOOK_URL
from slostack.dashboards import house, links, queries, units
from slostack.dashboards.naming import words
from slostack.spec import Alert, Matcher, Selector
from slostack.spec.syntax import parse_promql, vector_selectors
from slostack.spec.watched import Watched, watched

SEVERITY_COLORS = {"critical": house.RED, "high": house.ORANGE, "medium": house.YELLOW, "low": house.BLUE}
_LIMIT = "threshold"
"""What a line is called that another one is compared with."""
_TEMPLATE_LABEL = re.compile(r"\$labels\.(\w+)")


def urgent_alerts(where: str) -> house.Markers:
    """Marks when an alert fires that someone is to act on at once."""
    firing = queries.firing_series(where, *queries.URGENT)
    return house.Markers("Urgent alerts", firing, house.RED, "{{alertname}}", "{{severity}} {{slo}}")


def firing_alerts(where: str, *, with_service: bool) -> table.Panel:
    """The alerts that fire now, the most severe first."""
    service_label = {names.SERVICE: "Service"} if with_service else {}
    panel = house.rows(
        "firing-alerts",
        "Firing alerts",
        "The alerts that fire now, the most severe first.",
        labels={"alertname": "Alert", **service_label, names.SLO: "SLO", names.TIER: "Tier"},
        values={
            "Severity": queries.firing(where),
            "Since": queries.firing_seconds(where),
            "Series": queries.firing_count(where),
        },
        without=[] if with_service else [names.SERVICE],
    )
    return (
        panel.sort_by([common.TableSortByFieldState().display_name("Severity").desc(False)])
        .no_value("No alert fires")
        .override_by_name(
            "Severity",
            house.properties(
                mappings=[
                    {"id": rank, "type": 1, "value": str(rank), "text": severity}
                    for rank, severity in enumerate(queries.SEVERITIES, start=1)
                ],
                thresholds=house.thresholds(
                    [(None, house.GREY), *((i, SEVERITY_COLORS[s]) for i, s in enumerate(queries.SEVERITIES, start=1))]
                ).build(),
                custom_displayMode="color-background",
                custom_width=95,
            ),
        )
        .override_by_name("Service", house.properties(custom_width=120))
        .override_by_name("SLO", house.properties(custom_width=130, noValue=house.NOTHING))
        .override_by_name("Tier", house.properties(custom_width=90, noValue=house.NOTHING))
        .override_by_name("Since", house.properties(unit=units.SECONDS, decimals=0, custom_width=75))
        .override_by_name("Series", house.properties(decimals=0, custom_width=65))
    )


def watched_by(alert: Alert, *, most: int | None = None, further: Sequence[links.PanelLink] = ()) -> timeseries.Panel:
    """What a threshold alert watches, against its threshold, with the link to its runbook and further ones; of more
    lines than `most` those that are the nearest to firing."""
    shown = tuple(_as_age(line) for line in _without_repetition(watched(alert.expr)))
    held = f" for {alert.for_}" if alert.for_ else ""
    kept = f"It goes on for {alert.keep_firing_for} after that." if alert.keep_firing_for else ""
    panel = house.graph(
        names.alert_panel(alert.name),
        words(alert.name),
        "\n\n".join(
            filter(
                None,
                [alert.description, f"{alert.name} ({alert.severity}) fires{held} on\n```\n{alert.expr}\n```", kept],
            )
        ),
        units.unit_of(parse_promql(shown[0].expr)),
        [(_worst(line, most), _legend(alert, line, shown)) for line in shown],
        from_zero=all((line.threshold or 0) >= 0 for line in shown),
    ).links([links.PanelLink("Runbook", f"{RUNBOOK_URL}/{alert.runbook}"), *further])
    if len(shown) == 1 and shown[0].labels == ():
        panel = house.without_legend(panel)
    if any(line.is_limit for line in shown):
        panel.override_by_regexp(
            f"/^{_LIMIT}/",
            house.properties(
                color=house.fixed_color(SEVERITY_COLORS[alert.severity]),
                custom_lineStyle={"fill": "dash", "dash": [10, 10]},
            ),
        )
    limits = _limits(shown, SEVERITY_COLORS[alert.severity])
    return house.with_limits(panel, limits) if limits else panel


def _without_repetition(lines: Sequence[Watched]) -> Iterator[Watched]:
    """The lines, but for those of what is only asked whether it is there where another one draws what it reads."""
    for line in lines:
        others = [_selectors(other) for other in lines if other is not line]
        if not line.asks_presence or not any(_selectors(line) <= other for other in others):
            yield line


def _worst(line: Watched, most: int | None) -> str:
    """The lines that are the nearest to firing, each moment; all where no number is given."""
    if most is None:
        return line.expr
    return f"{'bottomk' if line.worst_is_lowest else 'topk'}({most}, {line.expr})"


def _as_age(line: Watched) -> Watched:
    """A line of times as how long ago they are."""
    if units.unit_of(parse_promql(line.expr)) != units.TIMESTAMP:
        return line
    return replace(line, expr=f"time() - ({line.expr})")


def _legend(alert: Alert, line: Watched, shown: Sequence[Watched]) -> str:
    """The labels that tell the lines apart, after what they are where an alert watches more than one thing."""
    named_in_texts = _TEMPLATE_LABEL.findall(f"{alert.summary} {alert.description}")
    labels = tuple(dict.fromkeys(named_in_texts or _usual_labels(line))) if line.labels is None else line.labels
    if line.is_limit:
        what = _LIMIT
    elif sum(not other.is_limit for other in shown) == 1:
        what = "" if labels else words(alert.name)
    else:
        what = _told_apart(line, shown, labels)
    return " ".join(filter(None, [what, *(f"{{{{{label}}}}}" for label in labels)]))


def _usual_labels(line: Watched) -> list[str]:
    """What tells a line's series apart where nothing says so: the instance, but of what rules recorded."""
    return [] if any(":" in metric for metric, _ in _selectors(line)) else ["instance"]


def _told_apart(line: Watched, shown: Sequence[Watched], labels: Sequence[str]) -> str:
    """The metric of a line, with the matchers that not all lines of it have and that no label of its legend tells;
    nothing where those labels tell all. What reads no metric is shown as it is."""
    own, *all_read = (_first_selector(each) for each in (line, *(each for each in shown if not each.is_limit)))
    if own is None:
        return line.expr
    alike = [other.matchers for other in all_read if other and other.metric == own.metric]
    common = set(own.matchers).intersection(*alike)
    told = tuple(m for m in own.matchers if m not in common and m.label not in labels)
    alone = len(alike) == len(all_read)
    return "" if alone and labels and not told else str(Selector(own.metric, told))


def _first_selector(line: Watched) -> Selector | None:
    found = vector_selectors(parse_promql(line.expr))
    return Selector.of(found[0]) if found else None


def _selectors(line: Watched) -> set[tuple[str, tuple[Matcher, ...]]]:
    """The metrics that a line reads, each with its matchers."""
    found = map(Selector.of, vector_selectors(parse_promql(line.expr)))
    return {(selector.metric, selector.matchers) for selector in found if selector}


def _limits(shown: tuple[Watched, ...], color: str) -> list[house.Step]:
    """Threshold lines; where values below are the bad ones, the colour is below the line."""
    limits = sorted({line.threshold for line in shown if line.threshold is not None})
    if not limits:
        return []
    if len(limits) == 1 and any(line.fires_below for line in shown):
        return [(None, color), (limits[0], house.NO_COLOR)]
    return [(None, house.NO_COLOR), *((limit, color) for limit in limits)]
