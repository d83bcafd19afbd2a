"""Counts of log lines that alerts read, held against the least of them that are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor

import promql_parser as promql

from slostack import names
from slostack.spec.alert import Alert
from slostack.spec.explain import dotted
from slostack.spec.quantities import Selector
from slostack.spec.service import Service
from slostack.spec.source import KeyPath, Problem, Source
from slostack.spec.syntax import parse_promql
from slostack.spec.watched import Watched, watched


def not_counted(source: Source, service: Service) -> Iterator[Problem]:
    """Log counts that aren't recorded yet where an alert fires on them."""
    for index, count in enumerate(service.log_counts):
        path: KeyPath = ("log_counts", index, "at_least")
        for alert in service.alerts:
            first = min(_fires_from(alert, count.name), default=count.at_least)
            if first < count.at_least:
                what = f"{dotted(path)}: {count.at_least}, expected at most {first}, from which {alert.name} fires"
                yield source.problem(path, what)


def _fires_from(alert: Alert, count: str) -> Iterator[int]:
    """The lines from which an alert on a count, or on the highest or the sum of several, fires."""
    for line in watched(alert.expr):
        if line.comparison in (">", ">=") and line.threshold is not None and _reads(line, count):
            yield max(1, ceil(line.threshold) if line.comparison == ">=" else floor(line.threshold) + 1)


def _reads(line: Watched, count: str) -> bool:
    tree = parse_promql(line.expr)
    while isinstance(tree, promql.AggregateExpr | promql.ParenExpr):
        tree = tree.expr
    selector = Selector.of(tree) if isinstance(tree, promql.VectorSelector) else None
    return bool(
        selector
        and selector.metric == names.LOG_LINES
        and any(matcher.label == names.COUNT and matcher.selects(count) for matcher in selector.matchers)
    )
