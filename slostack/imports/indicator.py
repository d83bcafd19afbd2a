"""Which SLI of this project says what the queries of another format say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import promql_parser

from slostack.imports import counting, promql
from slostack.imports.promql import Counter, Query
from slostack.names import RESERVED_LABELS
from slostack.spec.quantities import WINDOW_PLACEHOLDER, Matcher, Selector
from slostack.spec.syntax import Expr

_UP = re.compile("up|probe_success|.*_up")
"""Metrics that are 0 or 1 by convention."""
_SECONDS = re.compile("(^|_)seconds_bucket$")

_TIME_IS_COUNTED = (
    "what it counts in a window doesn't follow from the query: its ratio is judged, and time is counted, busy or not"
)


@dataclass(frozen=True)
class Indicator:
    """The `sli` of an SLO file, the labels it is grouped by, and what changed against the queries."""

    sli: Mapping[str, Any]
    group_by: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def from_bad(bad: Query, total: Query) -> Indicator:
    """The SLI of queries of bad and of all events; raises ValueError where it can't be said."""
    difference, events = promql.bare(bad.tree), promql.unguarded(total.tree)
    if isinstance(difference, promql_parser.BinaryExpr) and promql.operator(difference) == "-":
        whole, good = (promql.bare(side) for side in (difference.lhs, difference.rhs))
        if difference.modifier is None and whole.prettify() == promql.bare(events).prettify():
            counted = _counted(good, events, is_good=True)
            if counted:
                return counted
    return _counted(bad.tree, events, is_good=False) or _queried(bad, total, is_good=False)


def from_good(good: Query, total: Query) -> Indicator:
    """The SLI of queries of good and of all events; raises ValueError where it can't be said."""
    return _counted(good.tree, promql.unguarded(total.tree), is_good=True) or _queried(good, total, is_good=True)


def from_error_ratio(ratio: Query) -> Indicator:
    """The SLI of a query of the share of bad events; raises ValueError where it can't be said."""
    tree = promql.bare(ratio.tree)
    is_good = False
    if isinstance(tree, promql_parser.BinaryExpr) and promql.operator(tree) == "-" and promql.is_number(tree.lhs, 1):
        tree, is_good = promql.unparenthesised(tree.rhs), True
    if isinstance(tree, promql_parser.BinaryExpr) and promql.operator(tree) == "/" and tree.modifier is None:
        counted = _counted(tree.lhs, promql.unguarded(tree.rhs), is_good=is_good)
        if counted:
            return counted
    gauge = _averaged_gauge(tree) if is_good else None
    if gauge:
        return gauge
    group_by, notes = grouping(ratio.tree)
    return Indicator({"queries": {"error_ratio": ratio.text}}, group_by, (*notes, _TIME_IS_COUNTED))


def from_selectors(part: Selector, total: Selector, group_by: tuple[str, ...], *, is_good: bool) -> Indicator:
    """The SLI of counters of bad or good events and of all of them."""
    _refuse_reserved(group_by)
    latency = latency_of(part, total) if is_good else None
    if latency:
        return Indicator({"latency": latency}, group_by)
    return Indicator({"events": {"good" if is_good else "bad": str(part), "total": str(total)}}, group_by)


def latency_of(good: Selector, total: Selector) -> dict[str, Any] | None:
    """The histogram and the threshold of its buckets of fast events and of all; None where these are anything else."""
    base = good.metric.removesuffix("_bucket")
    bounds = [matcher for matcher in good.matchers if matcher.label == "le"]
    others = {matcher for matcher in good.matchers if matcher.label != "le"}
    if not _SECONDS.search(good.metric) or total.metric != f"{base}_count" or others != set(total.matchers):
        return None
    if len(bounds) != 1 or bounds[0].operator != "=":
        return None
    threshold = _bound(bounds[0].value)
    return {"histogram": str(Selector(base, total.matchers)), "threshold": threshold} if threshold else None


def _bound(text: str) -> int | float | None:
    """A bucket's bound, where the generator finds the bucket by it however it is written."""
    try:
        bound = float(text)
    except ValueError:
        return None
    if not 0 < bound < float("inf"):
        return None
    if bound.is_integer():
        return int(bound) if text in (f"{int(bound)}", f"{int(bound)}.0") else None
    return bound if text == repr(bound) else None


def _counted(part: Expr, total: Expr, *, is_good: bool) -> Indicator | None:
    """The SLI where both sides sum one selector each."""
    of_part, of_total = (promql.counter(tree, "rate", "increase") for tree in (part, total))
    if of_part and of_total:
        if of_part.function != of_total.function or set(of_part.by) != set(of_total.by):
            return None
        group_by = _free(of_part.by, of_part.selector, of_total.selector)
        indicator = from_selectors(of_part.selector, of_total.selector, group_by, is_good=is_good)
        return replace(indicator, notes=_unsummed(of_part, of_total))
    time_up, time = promql.counter(part, "sum_over_time"), promql.counter(total, "count_over_time")
    if is_good and time_up and time and time_up.selector == time.selector and set(time_up.by) == set(time.by):
        return _uptime(time)
    return None


def _averaged_gauge(tree: Expr) -> Indicator | None:
    """The SLI where the share of good time is the average of a 0/1 gauge, and nothing stands in for a missing one."""
    if any(isinstance(node, promql_parser.BinaryExpr) for node in promql.walk(tree)):
        return None
    if isinstance(tree, promql_parser.AggregateExpr) and str(tree.op) == "avg":
        labels = promql.by_labels(tree)
        inner = promql.counter(tree.expr, "avg_over_time")
        return _uptime(replace(inner, by=labels, summed=True)) if labels is not None and inner else None
    gauge = promql.counter(tree, "avg_over_time")
    return _uptime(gauge) if gauge and not gauge.summed else None


def _uptime(gauge: Counter) -> Indicator | None:
    if not _UP.fullmatch(gauge.selector.metric):
        return None
    group_by = _free(gauge.by, gauge.selector)
    _refuse_reserved(group_by)
    return Indicator({"uptime": str(gauge.selector)}, group_by, _unsummed(gauge))


def _unsummed(*counters: Counter) -> tuple[str, ...]:
    if all(counter.summed for counter in counters):
        return ()
    return ("nothing sums the query's series: they are judged together, as one SLO",)


def _free(by: tuple[str, ...], *selectors: Selector) -> tuple[str, ...]:
    """Labels without those that the selectors set to one value."""
    set_ones = [{m.label for m in selector.matchers if m.operator == "="} for selector in selectors]
    return tuple(label for label in dict.fromkeys(by) if not all(label in labels for labels in set_ones))


def slices(part: Query, total: Query, length: str, target: Decimal, *, is_good: bool) -> Indicator:
    """Time slices that are good from a share of good events on; raises ValueError where it can't be said."""
    of_part, of_total = (promql.counter(query.tree, "rate", "increase") for query in (part, total))
    if of_part and of_total and of_part.function == of_total.function and set(of_part.by) == set(of_total.by):
        group_by = _free(of_part.by, of_part.selector, of_total.selector)
        _refuse_reserved(group_by)
        key, limit = ("good", {"at_least": float(target)}) if is_good else ("bad", {"at_most": float(1 - target)})
        counted = {key: str(of_part.selector), "total": str(of_total.selector)}
        return Indicator({"slices": {"length": length, **counted, **limit}}, group_by, _unsummed(of_part, of_total))
    group_by, notes = grouping(part.tree, total.tree)
    part, total = _together(part, total, notes)
    value = _share(part.text, total.text, is_good=is_good, of_good=True)
    return Indicator({"slices": {"length": length, "value": value, "at_least": float(target)}}, group_by, notes)


def mean_of_slices(part: Query, total: Query, length: str, *, is_good: bool) -> Indicator:
    """The mean of the ratios of time slices, each of the same weight; raises ValueError where it can't be said."""
    group_by, notes = grouping(part.tree, total.tree)
    of_part, of_total = (q.text.replace(WINDOW_PLACEHOLDER, length) for q in _together(part, total, notes))
    ratio = _share(of_part, of_total, is_good=is_good, of_good=False)
    mean = f"avg_over_time((\n{ratio}\n)[{WINDOW_PLACEHOLDER}:1m])"
    return Indicator({"queries": {"error_ratio": mean}}, group_by, notes)


def _queried(part: Query, total: Query, *, is_good: bool) -> Indicator:
    """The SLI where it takes queries: as counts where that is certain, else as a ratio, which counts time."""
    group_by, notes = grouping(part.tree, total.tree)
    part, total = _together(part, total, notes)
    counts = [counting.as_counts(query) for query in (part, total)]
    of_part, of_total = counts
    rewritten = [count != query.text for count, query in zip(counts, (part, total), strict=True)]
    if of_part and of_total and rewritten[0] == rewritten[1]:
        bad = f"({of_total})\n- ({of_part})" if is_good else of_part
        return Indicator({"queries": {"bad": bad, "total": of_total}}, group_by, notes)
    ratio = _share(part.text, total.text, is_good=is_good, of_good=False)
    return Indicator({"queries": {"error_ratio": ratio}}, group_by, (*notes, _TIME_IS_COUNTED))


def _share(part: str, total: str, *, is_good: bool, of_good: bool) -> str:
    """The share of good or of bad events; a part without series is none of the events."""
    share = f"(({part}) or 0 * ({total}))\n/ ({total})"
    return share if is_good == of_good else f"1 - {share}"


def _together(part: Query, total: Query, notes: tuple[str, ...]) -> tuple[Query, Query]:
    """Both queries summed up, where their results can't be told apart; raises ValueError for a rate beside a count."""
    if None not in (kinds := {counting.is_per_second(query) for query in (part, total)}) and len(kinds) == 2:
        raise ValueError("a rate beside a number of events, expected both sides to count in the same way")
    if not notes:
        return part, total
    return promql.parse(f"sum({part.text})"), promql.parse(f"sum({total.text})")


def grouping(*trees: Expr) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels that queries are grouped by, and what is to be said where the queries don't tell.

    Raises ValueError for a label that no SLO can be grouped by.
    """
    labels = {promql.result_labels(tree) for tree in trees}
    if len(labels) > 1 or None in labels:
        return (), ("the query doesn't say what tells its results apart: they are judged together, as one SLO",)
    selectors = [
        promql.plain_selector(node)
        for tree in trees
        for node in promql.walk(tree)
        if isinstance(node, promql_parser.VectorSelector)
    ]
    group_by = _free(labels.pop() or (), *(selector or Selector("") for selector in selectors))
    _refuse_reserved(group_by)
    return group_by, ()


def _refuse_reserved(group_by: tuple[str, ...]) -> None:
    reserved = [label for label in group_by if label in RESERVED_LABELS]
    if reserved:
        raise ValueError(
            f"grouped by {reserved[0]!r}, a label that the generator sets, expected another one "
            "(copy it to another label by metric_relabel_configs)"
        )


def matcher_value(selector: Selector, label: str) -> str | None:
    """The one value that a selector gives a label; None where it leaves it open."""
    return next((m.value for m in selector.matchers if m == Matcher(label, "=", m.value)), None)
