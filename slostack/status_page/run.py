"""A status page, from what a Prometheus recorded of SLOs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from slostack import names
from slostack.backtest.found import aligned, concatenated
from slostack.backtest.history import Flags, Times, milliseconds
from slostack.backtest.prometheus import Prometheus, Query, Series
from slostack.backtest.recorded import HOUR, Span, recorded_counts
from slostack.backtest.subjects import Version
from slostack.errors import SlostackError
from slostack.rules.page import SHORT
from slostack.spec import Service, Slo
from slostack.status_page.judged import degraded, down
from slostack.status_page.model import SLICE_MINUTES, Day, ServiceStatus, State, StatusPage

_DAY = 24 * HOUR
_SLICE = milliseconds(names.TIER_INTERVAL)
_NOW = (names.UP, names.error_ratio(SHORT), names.event_rate(SHORT))
"""What is read of an SLO as it is now."""


def status_page(
    services: Sequence[Service],
    prometheus: Prometheus,
    days: int,
    now: datetime,
    told: Callable[[int, int, str], None] = lambda *_: None,
) -> StatusPage:
    """The page of services over the last days by UTC, today included.

    `told` is called before each service with its number, how many there are, and its name. Raises SlostackError where
    Prometheus doesn't answer, or has nothing of any of them.
    """
    tomorrow = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
    end = round(tomorrow.timestamp()) * 1000
    span = Span(end - days * _DAY, end)
    found = []
    for number, service in enumerate(services):
        told(number, len(services), service.service)
        known = _known_days(service, prometheus, span)
        found.append(ServiceStatus(service.service, _now(service, prometheus, now), known))
    if all(service.is_silent for service in found):
        named = ", ".join(service.name for service in found)
        raise SlostackError(f"{prometheus.shown} has nothing of {named}, expected what their rules record")
    return StatusPage(now, tuple(found))


@dataclass(frozen=True)
class _Slices:
    """Which five minutes are known, degraded at least, and down."""

    known: Flags
    degraded: Flags
    down: Flags


def _known_days(service: Service, prometheus: Prometheus, span: Span) -> tuple[Day, ...]:
    length = (span.end - span.start) // _SLICE
    slices = _Slices(*(np.zeros(length, bool) for _ in range(3)))
    for slo in service.slos:
        _judge(service, slo, prometheus, span, slices)
    by_day = [
        SLICE_MINUTES * flags.reshape(-1, _DAY // _SLICE).sum(axis=1)
        for flags in (slices.known, slices.degraded & ~slices.down, slices.down)
    ]
    first = datetime.fromtimestamp(span.start / 1000, UTC).date()
    return tuple(
        Day(first + timedelta(days=number), *map(int, minutes))
        for number, minutes in enumerate(zip(*by_day, strict=True))
    )


def _judge(service: Service, slo: Slo, prometheus: Prometheus, span: Span, slices: _Slices) -> None:
    """Adds what an SLO knows of each slice."""
    found = recorded_counts(prometheus, Version(service, slo), span)
    counted = concatenated(found.counted)
    slice_of = _slice_of(counted, span)
    for labels in found.groups:
        bad, events = (aligned(counted, *found.of(name, labels)) for name in (names.BAD_EVENTS, names.EVENTS))
        slices.known[slice_of[events > 0]] = True
        slices.degraded[slice_of[degraded(slo, bad, events)]] = True
        slices.down[slice_of[down(slo, bad, events)]] = True


def _slice_of(counted: Times, span: Span) -> Times:
    """The number of the slice that each count is mostly of: it is of the five minutes before."""
    return np.maximum((counted - _SLICE // 2 - span.start) // _SLICE, 0)


def _now(service: Service, prometheus: Prometheus, now: datetime) -> State:
    at = round(now.timestamp()) * 1000
    selector = f'{{__name__=~"{"|".join(_NOW)}",{names.SERVICE}="{service.service}"}}'
    (answer,) = prometheus.ask([Query(selector, at - HOUR, at, HOUR)])
    states = {state for slo in service.slos if (state := _state(slo, answer)) is not None}
    worst: tuple[State, ...] = ("down", "degraded", "operational")
    return next((state for state in worst if state in states), "no data")


def _state(slo: Slo, answer: Iterable[Series]) -> State | None:
    """What an SLO says now; None where nothing is known of it."""
    told = [
        (each.labels["__name__"], tuple(each.labels.get(label, "") for label in slo.group_by), float(each.values[-1]))
        for each in answer
        if each.labels.get(names.SLO) == slo.name
    ]
    if any(name == names.UP and value == 0 for name, _, value in told):
        return "down"
    rates = {group: value for name, group, value in told if name == names.event_rate(SHORT)}
    ratios = {group: value for name, group, value in told if name == names.error_ratio(SHORT)}
    both = [group for group in ratios if group in rates]
    events = np.array([rates[group] * SHORT.seconds for group in both])
    bad = np.array([ratios[group] for group in both]) * events
    if down(slo, bad, events).any():
        return "down"
    if degraded(slo, bad, events).any():
        return "degraded"
    return "operational" if told else None
