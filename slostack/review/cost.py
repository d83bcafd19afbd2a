"""What rules cost Prometheus: the samples that it reads per cycle, estimated from ranges, intervals and series."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import promql_parser

from slostack import names
from slostack.review.changes import Costs, Part
from slostack.review.rule_groups import RuleGroup
from slostack.spec import Duration
from slostack.spec.syntax import Expr, parse_promql, quoted

if TYPE_CHECKING:
    from slostack.backtest.prometheus import Prometheus

SERIES = 10
"""So many series are taken for what a selector of raw series finds, where no Prometheus tells."""
_SUBQUERY_STEP = timedelta(minutes=1)
"""Prometheus' own where a subquery names none: the default evaluation interval."""

_RARE = ("ALERTS", "ALERTS_FOR_STATE", names.UNCOUNTED)
"""Series that are there only while something fires, or after counts were missed."""

Count = Callable[[str], float]
"""How many series a selector finds."""
Intervals = Mapping[str, Duration]
"""How often a service's raw series are scraped, by its name."""


@dataclass(frozen=True)
class _Reading:
    """What a rule group's expressions are read with: intervals of recorded series and of raw ones, in seconds."""

    recorded: Mapping[str, float]
    scraped: float
    count: Count


def samples_per_cycle(groups: Iterable[RuleGroup], scraped: Duration, count: Count = lambda _: SERIES) -> float:
    """The samples that some groups' rules read per 30 s, as Prometheus counts them (`totalQueryableSamples`).

    A range of raw series holds a sample per scrape, one of recorded series a sample per evaluation; each of the
    latter is one series per label set of `count`. What isn't PromQL costs Prometheus nothing and is left out.
    """
    groups = tuple(groups)
    cycle = float(names.EVALUATION_INTERVAL.seconds)
    every = {group.name: _seconds(group.interval, cycle) for group in groups}
    recorded = {rule.record: every[group.name] for group in groups for rule in group.rules if rule.record}
    reading = _Reading(recorded, float(scraped.seconds), count)
    total = 0.0
    for group in groups:
        for rule in group.rules:
            try:
                total += _samples(parse_promql(rule.expr), reading) * cycle / every[group.name]
            except ValueError:  # LogQL
                continue
    return total


def costs(parts: Iterable[Part], intervals: tuple[Intervals, Intervals], prometheus: Prometheus | None) -> Costs:
    """What the rules of some parts cost before and after, where that differs; how often the raw series of each are
    scraped on both sides is told by title, else 30 s. Series are counted by a Prometheus where one is given.
    """
    changed = [one for one in parts if one.before != one.after or len({side.get(one.title) for side in intervals}) > 1]
    counts: dict[str, float] = {}
    if prometheus:
        from slostack.backtest.prometheus import Query

        selectors = sorted(raw_selectors(group for one in changed for group in (*one.before, *one.after)))
        now = int(time.time()) * 1000
        step = 60_000
        answers = prometheus.ask([Query(f"count({selector})", now - step, now, step) for selector in selectors])
        counts = {
            selector: float(found[0].values[-1]) if found else 0.0
            for selector, found in zip(selectors, answers, strict=True)
        }
    told = []
    for one in changed:
        before, after = (
            round(
                samples_per_cycle(
                    rules,
                    scraped.get(one.title, names.EVALUATION_INTERVAL),
                    lambda selector: counts.get(selector, SERIES),
                )
            )
            for rules, scraped in zip((one.before, one.after), intervals, strict=True)
        )
        if before != after:
            told.append((one.title, before, after))
    series = f"as many series as {prometheus.shown} has now" if prometheus else f"{SERIES} series for each raw selector"
    return Costs(tuple(told), f"estimated from ranges and intervals, with {series}")


def raw_selectors(groups: Iterable[RuleGroup]) -> frozenset[str]:
    """The selectors of series that the groups don't record themselves."""
    found: set[str] = set()

    def note(selector: str) -> float:
        found.add(selector)
        return 0.0

    samples_per_cycle(groups, names.EVALUATION_INTERVAL, note)
    return frozenset(found)


def _seconds(interval: str | None, default: float) -> float:
    return float(Duration.parse(interval).seconds) if interval else default


def _samples(tree: Expr, reading: _Reading) -> float:
    match tree:
        case promql_parser.VectorSelector():
            return _series(tree, reading)
        case promql_parser.MatrixSelector():
            selector = tree.vector_selector
            every = reading.recorded.get(selector.name or "", reading.scraped)
            return _series(selector, reading) * tree.range.total_seconds() / every
        case promql_parser.SubqueryExpr():
            span, step = tree.range or timedelta(), tree.step or _SUBQUERY_STEP
            return _samples(tree.expr, reading) * (span / step)
        case promql_parser.Call():
            return sum(_samples(argument, reading) for argument in tree.args)
        case promql_parser.BinaryExpr():
            return _samples(tree.lhs, reading) + _samples(tree.rhs, reading)
        case promql_parser.AggregateExpr() | promql_parser.ParenExpr() | promql_parser.UnaryExpr():
            return _samples(tree.expr, reading)
    return 0.0


def _series(selector: promql_parser.VectorSelector, reading: _Reading) -> float:
    if selector.name in _RARE:
        return 0.0
    if selector.name in reading.recorded:
        return 1.0
    return reading.count(f"{selector.name or ''}{{{','.join(sorted(map(_matcher, selector.matchers.matchers)))}}}")


def _matcher(matcher: promql_parser.Matcher) -> str:
    operators = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
    return f"{matcher.name}{operators[str(matcher.op).rpartition('.')[2]]}{quoted(matcher.value)}"
