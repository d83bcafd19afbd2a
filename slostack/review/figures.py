"""What changed panels show: series from a Prometheus, or made-up ones."""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slostack.errors import SlostackError
from slostack.review.changes import Json, PanelChange

if TYPE_CHECKING:
    from slostack.backtest.prometheus import Prometheus

SPAN = 6 * 3600
_POINTS = 90
_MOST_QUERIES = 8
_MOST_LINES = 12
_VARIABLES = {"__rate_interval": "5m", "__interval": "2m", "__range": "6h"}
"""What stands for Grafana's variables where a panel is drawn."""
_CHOSEN = re.compile(r'([=!]~)\s*"\$\{?\w+(?::\w+)?\}?"')
"""A matcher by a dashboard's own variable."""


@dataclass(frozen=True)
class Threshold:
    """A limit of a panel: its value in the panel's unit, and Grafana's name of its colour."""

    value: float
    color: str


@dataclass(frozen=True)
class Figure:
    """A panel to be drawn: lines of values at equal times (None where there is none), and limits.

    `note` says why there are no lines, where there are none.
    """

    title: str
    kind: str
    unit: str
    lines: tuple[tuple[float | None, ...], ...]
    thresholds: tuple[Threshold, ...]
    note: str = ""


def figures(change: PanelChange, prometheus: Prometheus | None) -> tuple[Figure | None, Figure | None]:
    """A panel before and after; None where it isn't there. Without a Prometheus both sides have the same made-up lines
    for the same query.
    """
    sides = [side for side in (change.before, change.after) if side]
    limits = sorted(abs(limit.value) for side in sides for limit in thresholds(side) if limit.value) or [1.0]
    quiet, bad = limits[0], limits[-1]
    before, after = (side and _figure(side, prometheus, quiet, bad) for side in (change.before, change.after))
    return before or None, after or None


def thresholds(panel: Json) -> tuple[Threshold, ...]:
    """The limits that a panel draws."""
    steps = _mapping(_defaults(panel).get("thresholds")).get("steps")
    found = [_mapping(step) for step in steps] if isinstance(steps, list) else []
    return tuple(
        Threshold(float(step["value"]), str(step.get("color")))
        for step in found
        if isinstance(step.get("value"), int | float) and step.get("color") != "transparent"
    )


def _figure(panel: Json, prometheus: Prometheus | None, quiet: float, bad: float) -> Figure:
    queries = _queries(panel)
    lines: tuple[tuple[float | None, ...], ...] = ()
    note = "" if queries else "nothing that Prometheus could draw"
    if prometheus:
        try:
            lines = _asked(queries, prometheus)
            note = note or ("" if lines else f"no data in {prometheus.shown}")
        except SlostackError as error:
            note = str(error)
    else:
        lines = tuple(_made_up(query, quiet, bad) for query in queries)
    return Figure(
        str(panel.get("title", "")),
        str(panel.get("type", "")),
        str(_defaults(panel).get("unit") or ""),
        lines,
        thresholds(panel),
        note,
    )


def _queries(panel: Json) -> list[str]:
    targets = panel.get("targets")
    found = [_mapping(target).get("expr") for target in targets] if isinstance(targets, list) else []
    return [expr for expr in found if isinstance(expr, str) and not expr.lstrip().startswith("{")][:_MOST_QUERIES]


def _asked(queries: Iterable[str], prometheus: Prometheus) -> tuple[tuple[float | None, ...], ...]:
    from slostack.backtest.prometheus import Query

    step = SPAN * 1000 // _POINTS
    now = int(time.time()) * 1000 // step * step
    start = now - SPAN * 1000
    whole = [query for query in map(without_variables, queries) if "$" not in query]
    lines = []
    for found in prometheus.ask([Query(query, start, now, step) for query in whole]):
        for series in found:
            line: list[float | None] = [None] * _POINTS
            for at, value in zip(series.times, series.values, strict=True):
                place = int((at - start) // step) - 1
                if 0 <= place < _POINTS and math.isfinite(value):
                    line[place] = float(value)
            lines.append(tuple(line))
    return tuple(lines[:_MOST_LINES])


def without_variables(query: str) -> str:
    """A query that a server can be asked; what is to be chosen on a dashboard is All."""
    query = _CHOSEN.sub(r'\1".*"', query)
    return re.sub(r"\$\{?(\w+)\}?", lambda match: _VARIABLES.get(match[1], match[0]), query)


def _made_up(query: str, quiet: float, bad: float) -> tuple[float, ...]:
    """A line that stays below one limit with the day's slope and has one bad half hour about another, always the same
    for the same query.
    """
    chance = random.Random(query)
    level, peak = chance.uniform(0.15, 0.4) * quiet, chance.uniform(0.7, 1.3) * bad
    begin = chance.randrange(_POINTS // 2, _POINTS * 3 // 4)
    line = []
    for nth in range(_POINTS):
        slope = 1 + 0.25 * math.sin(2 * math.pi * nth / _POINTS)
        bad = math.exp(-(((nth - begin) / 5) ** 2)) * (peak - level)
        line.append(level * slope * chance.uniform(0.9, 1.1) + bad)
    return tuple(line)


def _defaults(panel: Json) -> Json:
    return _mapping(_mapping(panel.get("fieldConfig")).get("defaults"))


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}
