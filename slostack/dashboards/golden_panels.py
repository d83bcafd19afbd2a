"""Panels of a service's traffic, errors and latency, from what its SLIs select."""

from __future__ import annotations

from grafana_foundation_sdk.builders import timeseries

from slostack import names
from slostack.dashboards import house, units
from slostack.dashboards.naming import words
from slostack.spec import Duration, EventRatio, LatencyRatio, LogRatio, QueryRatio, Selector, Service, Slo
from slostack.spec.quantities import WindowedPromQL
from slostack.spec.sli import Kind

ERROR_WINDOW = Duration(300)
QUANTILES = (0.5, 0.95, 0.99)
_FILL = 10


def traffic(service: Service) -> list[timeseries.Panel]:
    """A graph per counted metric: the rate of each selector of all events."""
    lines: dict[str, dict[str, str]] = {}
    for slo in service.slos:
        match slo.sli.kind:
            case EventRatio(total=total) | LatencyRatio(histogram=Selector(), total=total):
                rate = f"sum(rate({total}[$__rate_interval]))"
                lines.setdefault(total.metric, {})[rate] = str(total)
            case LatencyRatio(native_histogram=Selector() as native):
                rate = f"histogram_count(sum(rate({native}[$__rate_interval])))"
                lines.setdefault(native.metric, {})[rate] = str(native)
            case QueryRatio(total=WindowedPromQL()) | LogRatio():
                rate = f"sum({names.event_rate(ERROR_WINDOW)}{{{names.identity(service.service, slo.name)}}})"
                lines.setdefault(slo.name, {})[rate] = slo.name
    return [
        house.graph(
            f"traffic/{source}",
            f"Traffic: {_things_counted(source)}",
            "All events that the SLOs judge, per second.",
            units.REQUESTS_PER_SECOND if "request" in source else units.PER_SECOND,
            rates.items(),
        ).fill_opacity(_FILL)
        for source, rates in lines.items()
    ]


def errors(service: Service) -> list[timeseries.Panel]:
    """A graph per kind of bad event: its share of all events, against the objectives."""
    by_sli: dict[Kind, list[Slo]] = {}
    for slo in service.slos:
        if not isinstance(slo.sli.kind, LatencyRatio):
            by_sli.setdefault(slo.sli.kind, []).append(slo)
    return [_errors(service, slos) for slos in by_sli.values()]


def _errors(service: Service, slos: list[Slo]) -> timeseries.Panel:
    first = slos[0]
    ratio = f"{names.error_ratio(ERROR_WINDOW)}{{{names.identity(service.service, first.name)}}}"
    panel = house.graph(
        f"errors/{first.name}",
        f"Errors: {', '.join(slo.name for slo in slos)}",
        f"The share of bad events over {ERROR_WINDOW}; the line is what the objective allows in the long run.",
        units.SHARE,
        [(ratio, "bad events")],
    ).fill_opacity(_FILL)
    allowed = sorted({slo.budget for slo in slos})
    limits: list[house.Step] = [(None, house.NO_COLOR), *((budget, house.ORANGE) for budget in allowed)]
    return house.without_legend(house.with_limits(panel, limits))


def latency(service: Service) -> list[timeseries.Panel]:
    """A graph per histogram: its quantiles, against the thresholds of the objectives."""
    by_rate: dict[str, list[tuple[Slo, float]]] = {}
    for slo in service.slos:
        if isinstance(slo.sli.kind, LatencyRatio):
            by_rate.setdefault(_rate_of(slo.sli.kind), []).append((slo, slo.sli.kind.threshold))
    return [_latency(rate, objectives) for rate, objectives in by_rate.items()]


def _rate_of(latency: LatencyRatio) -> str:
    """The rate of a histogram, as a quantile needs it."""
    if latency.native_histogram:
        return f"sum(rate({latency.native_histogram}[$__rate_interval]))"
    buckets = Selector(f"{latency.source.metric}_bucket", latency.source.matchers)
    return f"sum by (le) (rate({buckets}[$__rate_interval]))"


def _latency(rate: str, objectives: list[tuple[Slo, float]]) -> timeseries.Panel:
    panel = house.graph(
        f"latency/{objectives[0][0].name}",
        f"Latency: {', '.join(slo.name for slo, _ in objectives)}",
        "\n\n".join(f"{slo.name}: {slo.objective:g} % within {seconds:g} s." for slo, seconds in objectives),
        units.SECONDS,
        [(f"histogram_quantile({q}, {rate})", f"p{100 * q:g}") for q in QUANTILES],
    )
    limits = sorted({seconds for _, seconds in objectives})
    return house.with_limits(panel, [(None, house.NO_COLOR), *((seconds, house.ORANGE) for seconds in limits)])


def _things_counted(source: str) -> str:
    for suffix in ("_total", "_count", "_seconds", "_duration"):
        source = source.removesuffix(suffix)
    return words(source).lower()
