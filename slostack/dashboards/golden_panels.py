"""Panels of a service's traffic, errors and latency, from what its SLIs select."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grafana_foundation_sdk.builders import timeseries

from slostack import names
from slostack.dashboards import house, queries, units
from slostack.dashboards.naming import named, words_within
from slostack.spec import (
    Duration,
    EventRatio,
    LatencyRatio,
    LogRatio,
    Matcher,
    QueryRatio,
    Selector,
    Service,
    Slo,
    TimeSlices,
    Uptime,
)
from slostack.spec.quantities import WindowedPromQL
from slostack.spec.sli import Kind
from slostack.spec.syntax import parse_promql

ERROR_WINDOW = Duration(300)
QUANTILES = (0.5, 0.95, 0.99)
_FILL = 10
_STATUS_COLORS = {"4": house.YELLOW, "5": house.RED}
"""By the first digit of an HTTP status."""
_BAD = {">": "above", ">=": "from", "<": "below", "<=": "up to"}
"""Where a slice is bad, in words."""


def traffic(service: Service) -> list[timeseries.Panel]:
    """A graph per thing that is counted: the rate of each selector of all events."""
    found: dict[str, tuple[str, dict[str, Selector | str]]] = {}
    line: tuple[str, Selector | str]
    for slo in service.slos:
        match slo.sli.kind:
            case EventRatio(total=total) | LatencyRatio(histogram=Selector(), total=total):
                source, line = total.metric, (f"sum(rate({total}[$__rate_interval]))", total)
            case LatencyRatio(native_histogram=Selector() as native):
                counted = f"histogram_count(sum(rate({native}[$__rate_interval])))"
                source, line = native.metric, (counted, native)
            case QueryRatio(total=WindowedPromQL()) | LogRatio():
                recorded = f"{names.event_rate(ERROR_WINDOW)}{{{names.identity(service.service, slo.name)}}}"
                source, line = slo.name, (f"sum({recorded})", slo.name)
            case _:
                continue
        _, lines = found.setdefault(_things_counted(source), (source, {}))
        lines[line[0]] = line[1]
    return [_traffic(things, source, lines) for things, (source, lines) in found.items()]


def _traffic(things: str, source: str, lines: Mapping[str, Selector | str]) -> timeseries.Panel:
    described = "All events that the SLOs judge, per second."
    counted = [each for each in lines.values() if isinstance(each, Selector)]
    legends = [things if len(lines) == 1 else _counted(each, counted) for each in lines.values()]
    panel = house.graph(
        f"traffic/{source}",
        f"Traffic: {things}",
        described,
        units.rate_of_events(source),
        zip(lines, legends, strict=True),
    )
    return house.without_legend(panel).fill_opacity(_FILL) if len(lines) == 1 else panel


def _counted(line: Selector | str, others: Iterable[Selector]) -> str:
    """A line's metric, with what tells it from others; that of an SLO is its name."""
    if isinstance(line, str):
        return line
    common = set(line.matchers).intersection(*(other.matchers for other in others if other.metric == line.metric))
    return named(line.metric, [matcher for matcher in line.matchers if matcher not in common])


def errors(service: Service) -> list[timeseries.Panel]:
    """A graph per kind of bad event: its share of all events, against the objectives."""
    by_sli: dict[tuple[Kind, tuple[str, ...]], list[Slo]] = {}
    for slo in service.slos:
        if isinstance(slo.sli.kind, EventRatio | LogRatio | QueryRatio):
            by_sli.setdefault((slo.sli.kind, slo.group_by), []).append(slo)
    return [_errors(service, slos) for slos in by_sli.values()]


def _errors(service: Service, slos: list[Slo]) -> timeseries.Panel:
    first = slos[0]
    ratio = f"{names.error_ratio(ERROR_WINDOW)}{{{names.identity(service.service, first.name)}}}"
    panel = house.graph(
        f"errors/{first.name}",
        f"Errors: {', '.join(slo.name for slo in slos)}",
        f"The share of bad events over {ERROR_WINDOW}; the line is what the objective allows in the long run.",
        units.SHARE,
        [(ratio, queries.by_labels(first.group_by) or "bad events")],
    ).fill_opacity(0 if first.group_by else _FILL)
    panel = house.with_limits(panel, _allowed(slos))
    return panel if first.group_by else house.without_legend(panel)


def _allowed(slos: list[Slo]) -> list[house.Step]:
    """A line at the share of bad events that each objective allows."""
    return [(None, house.NO_COLOR), *((budget, house.ORANGE) for budget in sorted({slo.budget for slo in slos}))]


def statuses(service: Service) -> list[timeseries.Panel]:
    """A graph per counter whose bad events are told by an HTTP status: what the client got wrong, apart from what the
    service did."""
    by_total: dict[tuple[Selector, str], list[Slo]] = {}
    for slo in service.slos:
        if isinstance(slo.sli.kind, EventRatio) and (label := _status_label(slo.sli.kind)):
            by_total.setdefault((slo.sli.kind.total, label), []).append(slo)
    return [_statuses(total, label, slos) for (total, label), slos in by_total.items()]


def _status_label(events: EventRatio) -> str | None:
    """The label that holds the HTTP status, where one tells a 500 from a 200."""
    chosen = events.bad or events.good
    for matcher in set(chosen.matchers if chosen else ()) - set(events.total.matchers):
        if matcher.selects("500") == bool(events.bad) and matcher.selects("200") == bool(events.good):
            return matcher.label
    return None


def _statuses(total: Selector, label: str, slos: list[Slo]) -> timeseries.Panel:
    panel = house.graph(
        f"statuses/{total}",
        f"4xx and 5xx: {_things_counted(total.metric)}",
        "The share of answers that say that the request was wrong (4xx), apart from those that say that the service "
        "failed (5xx); the line is what the objective allows to fail in the long run.",
        units.SHARE,
        [(_share(total, label, first), f"{first}xx") for first in _STATUS_COLORS],
    )
    for first, color in _STATUS_COLORS.items():
        panel.override_by_name(f"{first}xx", house.properties(color=house.fixed_color(color)))
    return house.with_limits(panel, _allowed(slos))


def _share(total: Selector, label: str, first: str) -> str:
    part = total.where(Matcher(label, "=~", f"{first}.."))
    return f"(sum(rate({part}[$__rate_interval])) or vector(0))\n/ sum(rate({total}[$__rate_interval]))"


def latency(service: Service) -> list[timeseries.Panel]:
    """A graph per histogram: its quantiles, against the thresholds of the objectives."""
    by_rate: dict[str, list[tuple[Slo, float]]] = {}
    for slo in service.slos:
        match slo.sli.kind:
            case LatencyRatio(histogram=classic, native_histogram=native, threshold=limit):
                by_rate.setdefault(_rate(classic, native), []).append((slo, limit))
            case TimeSlices(histogram=classic, native_histogram=native) as judged if (
                _unit(judged) == units.SECONDS and judged.quantile
            ):
                by_rate.setdefault(_rate(classic, native), []).append((slo, judged.bad_comparison[1]))
    return [_latency(rate, objectives) for rate, objectives in by_rate.items()]


def _rate(classic: Selector | None, native: Selector | None) -> str:
    """The rate of a histogram, as a quantile needs it."""
    if native:
        return f"sum(rate({native}[$__rate_interval]))"
    assert classic
    buckets = Selector(f"{classic.metric}_bucket", classic.matchers)
    return f"sum by (le) (rate({buckets}[$__rate_interval]))"


def _latency(rate: str, objectives: list[tuple[Slo, float]]) -> timeseries.Panel:
    panel = house.graph(
        f"latency/{objectives[0][0].name}",
        f"Latency: {', '.join(slo.name for slo, _ in objectives)}",
        "\n\n".join(_promise(slo, seconds) for slo, seconds in objectives),
        units.SECONDS,
        [(f"histogram_quantile({q}, {rate})", f"p{100 * q:g}") for q in QUANTILES],
    )
    house.show_exemplars(panel)
    limits = sorted({seconds for _, seconds in objectives})
    return house.with_limits(panel, [(None, house.NO_COLOR), *((seconds, house.ORANGE) for seconds in limits)])


def _promise(slo: Slo, seconds: float) -> str:
    if slices := slo.sli.slices:
        return f"{slo.name}: {slo.objective:g} % of slices with p{100 * (slices.quantile or 0):g} within {seconds:g} s."
    return f"{slo.name}: {slo.objective:g} % within {seconds:g} s."


def uptimes(service: Service) -> list[timeseries.Panel]:
    """A graph per gauge that an SLO watches: 1 is up, 0 is down."""
    by_gauge: dict[Selector, list[Slo]] = {}
    for slo in service.slos:
        if isinstance(slo.sli.kind, Uptime):
            by_gauge.setdefault(slo.sli.kind.gauge, []).append(slo)
    return [_uptime(gauge, slos) for gauge, slos in by_gauge.items()]


def _uptime(gauge: Selector, slos: list[Slo]) -> timeseries.Panel:
    labels = tuple(dict.fromkeys((*(label for slo in slos for label in slo.group_by), "instance")))
    panel = house.graph(
        f"uptime/{slos[0].name}",
        f"Up: {', '.join(slo.name for slo in slos)}",
        f"Each series of `{gauge}`: 1 is up, 0 is down.",
        units.NUMBER,
        [(str(gauge), queries.by_labels(labels))],
    )
    return panel.axis_soft_max(1)


def slices(service: Service) -> list[timeseries.Panel]:
    """A graph per SLO that judges slices of time: the value of each slice, against the limit that a good one meets."""
    return [_slices(service, slo, slo.sli.slices) for slo in service.slos if slo.sli.slices]


def _slices(service: Service, slo: Slo, judged: TimeSlices) -> timeseries.Panel:
    operator, limit = judged.bad_comparison
    value = f"{names.SLICE_VALUE}{{{names.identity(service.service, slo.name)}}}"
    panel = house.graph(
        f"slices/{slo.name}",
        f"Slices: {slo.name}",
        f"The value of every slice of {judged.length} as it ends; it is bad {_BAD[operator]} {limit:g}.\n\n"
        f"{slo.objective:g} % of all slices are to be good.",
        _unit(judged),
        [(value, queries.by_labels(slo.group_by) or slo.name)],
        from_zero=limit >= 0,
    )
    too_low = operator in ("<", "<=")
    below, above = (house.ORANGE, house.NO_COLOR) if too_low else (house.NO_COLOR, house.ORANGE)
    panel = house.with_limits(panel, [(None, below), (limit, above)])
    return panel if slo.group_by else house.without_legend(panel)


def _unit(judged: TimeSlices) -> str:
    """The unit of a slice's value, as its metric's name tells it."""
    if judged.total:
        return units.SHARE
    histogram = judged.histogram or judged.native_histogram
    asked = str(histogram) if histogram else judged.value.over(judged.length) if judged.value else ""
    return units.unit_of(parse_promql(asked))


def _things_counted(source: str) -> str:
    """What a metric counts, in the plural; an SLO's name as words."""
    counted = source
    for suffix in ("_total", "_count", "_seconds", "_duration"):
        counted = counted.removesuffix(suffix)
    things = words_within(counted)
    return things if counted == source or things.endswith("s") else f"{things}s"
