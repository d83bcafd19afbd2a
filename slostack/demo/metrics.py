"""A simulated service in Prometheus' exposition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from slostack.demo.model import METRICS_PATH
from slostack.demo.simulation import Histogram, Simulation

REQUEST_LABELS = ("method", "route", "status")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def families(service: Simulation, path: str = METRICS_PATH) -> Iterator[Metric]:
    """Every metric family of a service at a path."""
    if path != METRICS_PATH:
        yield from _families(
            GaugeMetricFamily, {each.series: service.gauges[each.series] for each in service.model.elsewhere[path]}
        )
        return
    yield from _requests(service)
    for each in service.observed:
        yield histogram(each.durations.name, [((), each)])
    for part in service.parts:
        yield from part.families()
    yield from _families(CounterMetricFamily, service.counters)
    own = {each.series: service.gauges[each.series] for each in service.model.gauges}
    started = {"process_start_time_seconds": service.started}
    version = {f'app_version_info{{version="{service.version}"}}': 1.0}
    yield from _families(GaugeMetricFamily, {**own, **service.moments, **started, **version})


def counter(name: str, labels: tuple[str, ...], samples: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    """A counter's family from label values and the value, in the order of its labels' names."""
    family = CounterMetricFamily(name, "", labels=labels)
    for label_values, value in samples:
        family.add_metric(label_values, value)
    return family


def histogram(
    name: str, samples: Iterable[tuple[tuple[str, ...], Histogram]], labels: tuple[str, ...] = ()
) -> HistogramMetricFamily:
    """A histogram's family, with bounds as clients write them."""
    family = HistogramMetricFamily(name, "", labels=labels)
    for label_values, each in samples:
        bounds = [*(str(float(bound)) for bound in each.durations.buckets), "+Inf"]
        family.add_metric(label_values, list(zip(bounds, accumulate(each.counts), strict=True)), each.sum)
    return family


def _requests(service: Simulation) -> Iterator[Metric]:
    of = service.model.requests
    if of.counter:
        yield counter(of.counter, REQUEST_LABELS, service.requests.items())
    if of.durations:
        yield histogram(of.durations.name, service.durations.items(), of.durations_by)


def _families(
    kind: type[GaugeMetricFamily] | type[CounterMetricFamily], values: Mapping[str, float]
) -> Iterator[Metric]:
    """Gauges or counters by their series; those of a name together."""
    by_name: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
    for series, value in values.items():
        name, labels = parsed(series)
        family = by_name.setdefault(name, kind(name, "", labels=tuple(labels)))
        family.add_metric(tuple(labels.values()), value)
    yield from by_name.values()


@cache
def parsed(series: str) -> tuple[str, Mapping[str, str]]:
    """The name and the labels of a series as it is written."""
    return series.partition("{")[0], dict(_LABEL.findall(series))
