"""What the rules of an SLO recorded, out of a Prometheus.

Hours in which no short window comes above a limit are not read closely: by their greatest ratios, nothing that depends
on a short window fires in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from slostack import names
from slostack.backtest.found import Found, concatenated
from slostack.backtest.history import Flags, Floats, Labels, Times, milliseconds
from slostack.backtest.prometheus import SPAN, Prometheus, Query, Series
from slostack.backtest.subjects import Version
from slostack.errors import SlostackError
from slostack.rules.page import SHORT
from slostack.spec import Duration

HOUR = milliseconds(Duration(3600))
STEP = milliseconds(names.EVALUATION_INTERVAL)
FULL = HOUR // STEP
"""How many evaluations an hour has, where none is missed."""
HEARTBEAT = names.OBJECTIVE
"""Recorded at each evaluation of the 30 s group, whatever there is to judge."""
COUNT_HEARTBEAT = names.tier(names.WINDOW_EVENTS)
"""The same of the five-minute group."""
_PIECE, _PIECE_OF_COUNTS = 48 * HOUR, 31 * 24 * HOUR
_OF_EVERY_SERIES = ("__name__", names.SERVICE, names.SLO)
_JUST_BELOW = 1 - 1e-9


@dataclass(frozen=True)
class Span:
    """A time from after `start` to `end`, in Unix milliseconds."""

    start: int
    end: int


def last_days(days: int, until: datetime) -> Span:
    """So many days before a time, which is rounded down to a whole minute."""
    end = int(until.timestamp()) // 60 * 60_000
    return Span(end - days * 24 * HOUR, end)


def recorded_counts(prometheus: Prometheus, of: Version, span: Span) -> Found:
    """The counts of five minutes, and when they were evaluated."""
    wanted = (names.EVENTS, names.BAD_EVENTS)
    by_name = _samples(prometheus, of, (COUNT_HEARTBEAT, *wanted), [span], _PIECE_OF_COUNTS)
    found = Found(counted=[each.times for series in by_name.values() for each in series])
    for name in wanted:
        found.add(name, of.slo.group_by, by_name.get(name, ()))
    return found


def times_of_counts(prometheus: Prometheus, of: Version, span: Span) -> Mapping[frozenset[tuple[str, str]], Times]:
    """When counts of five minutes were recorded, by what tells their series from others of the SLO."""
    by_name = _samples(prometheus, of, (names.EVENTS,), [span], _PIECE_OF_COUNTS)
    parts: dict[frozenset[tuple[str, str]], list[Times]] = {}
    for series in by_name.get(names.EVENTS, ()):
        parts.setdefault(own_labels(series), []).append(series.times)
    return {labels: concatenated(times) for labels, times in parts.items()}


def own_labels(series: Series) -> frozenset[tuple[str, str]]:
    """The labels of a recorded series beyond those by which its SLO is known."""
    return frozenset(series.labels.items() - {(name, series.labels.get(name)) for name in _OF_EVERY_SERIES})


def recorded_ratios(
    prometheus: Prometheus,
    of: Version,
    windows: Sequence[Duration],
    limits: Mapping[Duration, float],
    span: Span,
    groups: Iterable[Labels],
) -> Found:
    """The ratios and rates of short windows: closely in hours in which one exceeds its limit, and in those after; 0 in
    others."""
    hours = _hours(prometheus, of, limits, span)
    close = hours.known & (hours.busy | np.concatenate(([False], hours.busy[:-1])))
    wanted = [name(window) for window in windows for name in (names.error_ratio, names.event_rate)]
    by_name = _samples(prometheus, of, (HEARTBEAT, *wanted), list(_spans(hours.ends, close)), _PIECE)
    found = Found(evaluated=[each.times for each in by_name.get(HEARTBEAT, ())])
    for name in wanted:
        found.add(name, of.slo.group_by, by_name.get(name, ()))
    quiet = hours.evaluations(hours.known & ~close)
    found.evaluated.append(quiet)
    for labels in {*groups, *found.groups}:
        for name in wanted:
            found.samples[name, labels].append((quiet, np.zeros(len(quiet))))
    return found


@dataclass(frozen=True)
class _Hours:
    """The hours of a time by their ends: in which the SLO was evaluated, and in which something may have fired.

    `phase` is when in an interval it was evaluated.
    """

    ends: Times
    known: Flags
    busy: Flags
    phase: int

    def evaluations(self, which: Flags) -> Times:
        """All evaluations of some hours, in none of which one was missed."""
        firsts = self.ends[which] - HOUR
        firsts += (self.phase - firsts - 1) % STEP + 1
        return (firsts[:, None] + np.arange(0, HOUR, STEP)).ravel()


def _hours(prometheus: Prometheus, of: Version, limits: Mapping[Duration, float], span: Span) -> _Hours:
    ends = np.arange(span.start + HOUR, span.end + 1, HOUR)
    hour, identity = Duration(HOUR // 1000), names.identity(of.service.service, of.slo.name)
    exprs = [f"count_over_time({HEARTBEAT}{{{identity}}}[{hour}])"]
    exprs.append(f"max(count_over_time({names.event_rate(SHORT)}{{{identity}}}[{hour}]))")
    exprs += [f"max(max_over_time({names.error_ratio(window)}{{{identity}}}[{hour}]))" for window in limits]
    answers = prometheus.ask([Query(expr, span.start, span.start + HOUR * len(ends), HOUR) for expr in exprs])
    evaluated, judged, *greatest = (_at(ends, answer) for answer in answers)
    busy = (evaluated != FULL) | (judged != FULL)
    for ratio, limit in zip(greatest, limits.values(), strict=True):
        busy |= ratio > limit * _JUST_BELOW
    known = evaluated > 0
    return _Hours(ends, known, busy, _phase(prometheus, identity, ends[known]))


def _phase(prometheus: Prometheus, identity: str, ends: Times) -> int:
    if not len(ends):
        return 0
    (last,) = prometheus.ask([Query(f"{HEARTBEAT}{{{identity}}}[{SPAN}]", int(ends[-1]) - HOUR, int(ends[-1]))])
    return int(last[0].times[-1]) % STEP if last else 0


def _at(ends: Times, answer: Sequence[Series]) -> Floats:
    """The values of the one series of an answer at these times; 0 where it has none."""
    found = np.zeros(len(ends))
    for series in answer:
        found[np.searchsorted(ends, series.times)] = series.values
    return found


def _spans(ends: Times, which: Flags) -> Iterator[Span]:
    """The hours of some ends, those that follow on each other as one span."""
    edges = np.diff(np.concatenate(([0], which.astype(np.int8), [0])))
    for first, after in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        yield Span(int(ends[first]) - HOUR, int(ends[after - 1]))


def _samples(
    prometheus: Prometheus, of: Version, wanted: Sequence[str], spans: Sequence[Span], longest: int
) -> Mapping[str, list[Series]]:
    """The stored samples of an SLO's recorded series, by their names.

    Raises SlostackError where they are of several places, each of which judged the SLO by itself.
    """
    identity = names.identity(of.service.service, of.slo.name)
    selector = f'{{__name__=~"{"|".join(wanted)}",{identity}}}[{SPAN}]'
    queries = [piece for span in spans for piece in Query(selector, span.start, span.end).pieces(longest)]
    by_name: dict[str, list[Series]] = {}
    for answer in prometheus.ask(queries):
        for series in answer:
            by_name.setdefault(series.labels["__name__"], []).append(series)
    for label in names.PLACES:
        found = {series.labels.get(label, "") for of_name in by_name.values() for series in of_name}
        if len(found) > 1 and label not in of.slo.group_by:
            raise SlostackError(
                f"{prometheus.shown} has {of.service.service}/{of.slo.name} of each {label} of "
                f"{', '.join(map(repr, sorted(found)))}, expected one of them (--only {label}={max(found)})"
            )
    return by_name
