"""Panels of alerts: what fires, and for each threshold alert the graph of what it watches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from grafana_foundation_sdk.builders import common, table, timeseries

from slostack import names
from slostack.bundle import RUNBOOK_URL
from slostack.dashboards import house, links, queries, units
from slostack.dashboards.naming import named, words
from slostack.spec import Alert, Selector
from slostack.spec.syntax import parse_promql, vector_selectors
from slostack.spec.watched import Watched, drawn

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


def watched_by(*alerts: Alert, most: int | None = None, further: Sequence[links.PanelLink] = ()) -> timeseries.Panel:
    """What some threshold alerts that watch the same watch, against their thresholds, with the links to their runbooks
    and further ones; of more lines than `most` those that are the nearest to firing."""
    shown = tuple(map(_as_age, drawn(alerts[0].expr)))
    panel = house.graph(
        names.alert_panel(alerts[0].name),
        ", ".join(words(alert.name) for alert in alerts),
        "\n\n".join(text for alert in alerts for text in _described(alert)),
        units.unit_of(parse_promql(shown[0].expr)),
        [(_worst(line, most), _legend(alerts, line, shown)) for line in shown],
        from_zero=all((line.threshold or 0) >= 0 for alert in alerts for line in drawn(alert.expr)),
    ).links([*_runbooks(alerts), *further])
    if len(shown) == 1 and shown[0].labels == ():
        panel = house.without_legend(panel)
    if any(line.is_limit for line in shown):
        panel.override_by_regexp(
            f"/^{_LIMIT}/",
            house.properties(
                color=house.fixed_color(SEVERITY_COLORS[_gravest(alerts)]),
                custom_lineStyle={"fill": "dash", "dash": [10, 10]},
            ),
        )
    limits = _limits(alerts)
    return house.with_limits(panel, limits) if limits else panel


def drawn_queries(alert: Alert) -> tuple[str, ...]:
    """The queries of the panel of a threshold alert."""
    return tuple(_as_age(line).expr for line in drawn(alert.expr))


def _described(alert: Alert) -> Iterator[str]:
    held = f" for {alert.for_}" if alert.for_ else ""
    if alert.description:
        yield alert.description
    yield f"{alert.name} ({alert.severity}) fires{held} on\n```\n{alert.expr}\n```"
    if alert.keep_firing_for:
        yield f"It goes on for {alert.keep_firing_for} after that."


def _runbooks(alerts: Sequence[Alert]) -> Iterator[links.PanelLink]:
    """The link to each runbook, named by its alert where there are several."""
    paths: dict[str, str] = {}
    for alert in alerts:
        paths.setdefault(alert.runbook, alert.name)
    for path, name in paths.items():
        title = "Runbook" if len(paths) == 1 else f"Runbook: {words(name)}"
        yield links.PanelLink(title, f"{RUNBOOK_URL}/{path}")


def _gravest(alerts: Iterable[Alert]) -> str:
    return min((alert.severity for alert in alerts), key=list(SEVERITY_COLORS).index)


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


def _legend(alerts: Sequence[Alert], line: Watched, shown: Sequence[Watched]) -> str:
    """The labels that tell the lines apart, after what they are where alerts watch more than one thing."""
    texts = " ".join(f"{alert.summary} {alert.description}" for alert in alerts)
    named_in_texts = _TEMPLATE_LABEL.findall(texts)
    labels = tuple(dict.fromkeys(named_in_texts or _usual_labels(line))) if line.labels is None else line.labels
    if line.is_limit:
        what = _LIMIT
    elif sum(not other.is_limit for other in shown) == 1:
        what = "" if labels else words(alerts[0].name)
    else:
        what = _told_apart(line, shown, labels)
    return " ".join(filter(None, [what, *(f"{{{{{label}}}}}" for label in labels)]))


def _usual_labels(line: Watched) -> list[str]:
    """What tells a line's series apart where nothing says so: the instance, but of what rules recorded."""
    return [] if any(":" in selector.metric for selector in line.reads) else ["instance"]


def _told_apart(line: Watched, shown: Sequence[Watched], labels: Sequence[str]) -> str:
    """The metric of a line in words, with what the matchers say that not all lines of it have and that no label of its
    legend tells; nothing where those labels tell all. What reads no metric is shown as it is."""
    own, *all_read = (_first_selector(each) for each in (line, *(each for each in shown if not each.is_limit)))
    if own is None:
        return line.expr
    alike = [other.matchers for other in all_read if other and other.metric == own.metric]
    common = set(own.matchers).intersection(*alike)
    told = tuple(m for m in own.matchers if m not in common and m.label not in labels)
    alone = len(alike) == len(all_read)
    return "" if alone and labels and not told else named(own.metric, told)


def _first_selector(line: Watched) -> Selector | None:
    found = vector_selectors(parse_promql(line.expr))
    return Selector.of(found[0]) if found else None


def _limits(alerts: Sequence[Alert]) -> list[house.Step]:
    """Threshold lines in the colours of the alerts; where all fire below, the colour is below it."""
    lines = [(line, alert) for alert in alerts for line in drawn(alert.expr) if line.threshold is not None]
    graver = sorted(lines, key=lambda each: list(SEVERITY_COLORS).index(each[1].severity), reverse=True)
    colors = {line.threshold: SEVERITY_COLORS[alert.severity] for line, alert in graver}
    limits = sorted(limit for limit in colors if limit is not None)
    if not limits:
        return []
    if all(line.fires_below for line, _ in lines):
        return [
            *zip([None, *limits[:-1]], [colors[limit] for limit in limits], strict=True),
            (limits[-1], house.NO_COLOR),
        ]
    return [(None, house.NO_COLOR), *((limit, colors[limit]) for limit in limits)]
