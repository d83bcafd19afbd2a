"""What fired of a service, and since when it was pending, by Prometheus' own series ALERTS."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from slostack import names
from slostack.backtest.found import concatenated
from slostack.backtest.history import Times, milliseconds
from slostack.backtest.model import Firing
from slostack.backtest.prometheus import SPAN, Prometheus, Query
from slostack.backtest.recorded import HOUR, Span
from slostack.spec import Service
from slostack.spec.policy import is_page

_PIECE = 24 * HOUR
_BREAK = milliseconds(names.EVALUATION_INTERVAL) * 5 // 2
"""A longer break of an alert is its end, where rules were evaluated meanwhile."""


@dataclass(frozen=True)
class Fired:
    """A firing of an SLO's alert, or of a threshold alert, whose `slo` is empty.

    `since` (Unix seconds) is when it was pending first; its start, where it waits for nothing.
    """

    slo: str
    firing: Firing
    since: float


@dataclass(frozen=True)
class _Samples:
    """When an alert was active at all, and when it fired."""

    active: list[Times] = field(default_factory=list)
    firing: list[Times] = field(default_factory=list)


def fired(prometheus: Prometheus, service: Service, span: Span, evaluated: Times) -> tuple[Fired, ...]:
    """The firings of a service's alerts that touch a span, by their start; `evaluated` are the times at which rules of
    the service were evaluated. A restart of Prometheus ends none."""
    selector = f'ALERTS{{{names.SERVICE}="{service.service}",{names.ESCALATION}=""}}[{SPAN}]'
    found: dict[tuple[str, str, str, str, tuple[tuple[str, str], ...]], _Samples] = {}
    for answer in prometheus.ask(Query(selector, span.start, span.end).pieces(_PIECE)):
        for series in answer:
            samples = found.setdefault(_key(service, series.labels), _Samples())
            samples.active.append(series.times)
            if series.labels["alertstate"] == "firing":
                samples.firing.append(series.times)
    firings = [
        Fired(slo, Firing(alert, tier, severity, is_page(tier, severity), start, end, group), since)
        for (alert, slo, tier, severity, group), samples in found.items()
        for start, end, since in _since(samples, evaluated, span.end)
    ]
    return tuple(sorted(firings, key=lambda each: (each.firing.start, each.slo, each.firing.name)))


def _key(service: Service, labels: Mapping[str, str]) -> tuple[str, str, str, str, tuple[tuple[str, str], ...]]:
    slo = labels.get(names.SLO, "")
    group_by = next((each.group_by for each in service.slos if each.name == slo), ())
    group = tuple((label, labels.get(label, "")) for label in group_by)
    return labels["alertname"], slo, labels.get(names.TIER, ""), labels.get(names.SEVERITY, ""), group


def _since(samples: _Samples, evaluated: Times, end: int) -> Iterator[tuple[float, float | None, float]]:
    """The firings, each with when the alert became active that fired, after the firing before."""
    active = [start for start, _ in _runs(concatenated(samples.active), evaluated, end)]
    before = float("-inf")
    for start, over in _runs(concatenated(samples.firing), evaluated, end):
        yield start, over, max(active[bisect_right(active, start) - 1], before)
        before = over or before


def _runs(times: Times, evaluated: Times, end: int) -> Iterator[tuple[float, float | None]]:
    """From the first sample to the first evaluation without one, in seconds; None where the last one is there."""
    if not len(times):
        return
    breaks = [
        index
        for index in np.flatnonzero(np.diff(times) > _BREAK).tolist()
        if _between(evaluated, int(times[index]), int(times[index + 1]))
    ]
    firsts, lasts = [0, *(index + 1 for index in breaks)], [*breaks, len(times) - 1]
    for first, last in zip(firsts, lasts, strict=True):
        ended = last < len(times) - 1 or _between(evaluated, int(times[last]), end + 1)
        over = (int(times[last]) + milliseconds(names.EVALUATION_INTERVAL)) / 1000
        yield int(times[first]) / 1000, over if ended else None


def _between(evaluated: Times, start: int, end: int) -> bool:
    """Whether rules were evaluated within a time, more than half an interval from its ends."""
    apart = milliseconds(names.EVALUATION_INTERVAL) // 2
    first, last = np.searchsorted(evaluated, [start + apart, end - apart])
    return bool(last > first)
