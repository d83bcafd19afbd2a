"""OpenSLO's service level indicators, by the budgeting method of the SLO that they are for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

import promql_parser

from slostack.imports import counting, indicator, promql
from slostack.imports.fields import Fields
from slostack.imports.indicator import Indicator
from slostack.imports.mistakes import Mistakes
from slostack.imports.openslo_objects import Objects, leave_description
from slostack.imports.promql import Query
from slostack.spec.quantities import WINDOW_PLACEHOLDER, Duration
from slostack.spec.source import describe

T = TypeVar("T")

_LIMITS = {"lt": ("below", "<"), "lte": ("at_most", "<="), "gt": ("above", ">"), "gte": ("at_least", ">=")}
_MINUTE = Duration(60)
_OTHER_FIELDS = "a Prometheus source needs its query alone"
_OWN_RANGE = "the query's own range; the generator chooses the windows that it counts over"
_WORST = "of several results the worst is judged"
_EVERY_MINUTE = "the value is looked at once a minute; the SLO is the share of minutes at which it is good"


@dataclass(frozen=True)
class Budgeting:
    """How an SLO counts: its budgeting method, and of time slices their length and the share of good that they need."""

    method: str
    length: Duration = _MINUTE
    target: Decimal = Decimal(1)


@dataclass(frozen=True)
class _Source:
    """A query and where it is written."""

    query: Query
    fields: Fields
    key: str

    @property
    def is_plain(self) -> bool:
        """Whether it is a selector alone."""
        return promql.plain_selector(self.query.tree) is not None

    @property
    def is_ranged(self) -> bool:
        """Whether it has a range, its own or the window."""
        ranged = (promql_parser.MatrixSelector, promql_parser.SubqueryExpr)
        return any(isinstance(node, ranged) for node in promql.walk(self.query.tree))

    def said(self, say: Callable[[], T]) -> T:
        """What a function makes of the query; a ValueError of it is a mistake at the query."""
        try:
            return say()
        except ValueError as error:
            raise self.fields.error(self.key, str(error)) from None


def read_indicator(spec: Fields, objects: Objects, budgeting: Budgeting, objective: Fields) -> Indicator:
    """The SLI that an indicator's spec is for an objective; raises SpecError where it can't be said."""
    mistakes = Mistakes()
    ratio = threshold = found = None
    leave_description(spec)
    with mistakes:
        if ratio := spec.fields("ratioMetric"):
            objective.leave("op", "value", why="only a thresholdMetric is compared with a value")
            found = _ratio(ratio, objects, budgeting)
    with mistakes:
        if threshold := spec.fields("thresholdMetric"):
            found = _threshold(threshold, objects, budgeting, objective)
    with mistakes:
        if ratio and threshold:
            raise spec.error("thresholdMetric", "beside ratioMetric, expected one of the two")
    mistakes.check(spec)
    if found is None:
        raise spec.missing("ratioMetric", "ratioMetric or thresholdMetric")
    return found


def _ratio(ratio: Fields, objects: Objects, budgeting: Budgeting) -> Indicator:
    mistakes = Mistakes()
    given = [key for key in ("good", "bad", "total", "raw") if ratio.value(key) is not None]
    sources: dict[str, _Source] = {}
    for key in given:
        with mistakes:
            sources[key] = _source(ratio.required_fields(key), objects)
    if "raw" in given:
        ratio.leave("counter", why="has no effect on `raw`")
        with mistakes:
            if len(given) > 1:
                raise ratio.error("raw", "beside good, bad or total, expected one of the two")
        with mistakes:
            kind = ratio.text("rawType", "success or failure")
            if kind not in ("success", "failure"):
                raise ratio.error("rawType", f"{kind!r}, expected success or failure")
        mistakes.check(ratio)
        return _raw(sources["raw"], kind, budgeting)
    ratio.leave("rawType", why="only of `raw`")
    with mistakes:
        ratio.boolean("counter")
    with mistakes:
        if "total" not in given:
            raise ratio.missing("total", "the query of all events")
    with mistakes:
        if "good" in given and "bad" in given:
            raise ratio.error("good", "good and bad, expected good or bad")
        if "good" not in given and "bad" not in given:
            raise ratio.error("total", "neither, expected good or bad")
    mistakes.check(ratio)
    is_good = "good" in given
    return _events(sources["good" if is_good else "bad"], sources["total"], ratio, budgeting, is_good=is_good)


def _source(metric: Fields, objects: Objects) -> _Source:
    """The Prometheus query of a metric; raises SpecError for another kind of data source."""
    source = metric.required_fields("metricSource")
    source.value("spec")
    mistakes = Mistakes()
    with mistakes:
        _check_type(source, objects)
        found = _query(source)
    mistakes.check(metric, source)
    return found


def _check_type(source: Fields, objects: Objects) -> None:
    mistakes = Mistakes()
    with mistakes:
        kind = source.optional_text("type")
    with mistakes:
        name = source.optional_text("metricSourceRef")
    mistakes.check()
    if name is not None:
        referred = objects.find("DataSource", name)
        if referred is None and kind is None:
            objects.required("DataSource", source, "metricSourceRef")
        if referred is None:
            source.leave("metricSourceRef", why="no such DataSource in the files; the stack has one Prometheus")
        else:
            of_referred = referred.required_fields("spec").text("type", "a type such as Prometheus")
            if kind is not None and kind.lower() != of_referred.lower():
                raise source.error("type", f"{kind!r}, expected {of_referred!r} as the DataSource {name!r} has it")
            kind = of_referred
    if kind is None:
        raise source.missing("type", "`type: Prometheus`, or `metricSourceRef`")
    if kind.lower() != "prometheus":
        key = "type" if source.value("type") else "metricSourceRef"
        raise source.error(key, f"a data source of type {kind!r}, expected Prometheus: others have no metrics here")


def _query(source: Fields) -> _Source:
    spec = source.value("spec")
    if isinstance(spec, str) and spec.strip():
        return _parsed(source, "spec")
    if not isinstance(spec, dict):
        raise source.error("spec", f"{describe(spec)}, expected a query, or a mapping with one")
    fields = source.required_fields("spec")
    key = "promql" if fields.value("promql") is not None and fields.value("query") is None else "query"
    fields.leave(*(other for other in fields.data if other not in ("query", "promql")), why=_OTHER_FIELDS)
    return _parsed(fields, key)


def _parsed(fields: Fields, key: str) -> _Source:
    text = fields.text(key, "a PromQL query")
    try:
        return _Source(promql.parse(text), fields, key)
    except ValueError as error:
        raise fields.error(key, str(error)) from None


def _over_window(source: _Source, ratio: Fields, *, sampled: Callable[[str], str]) -> tuple[Query, tuple[str, ...]]:
    """A query that counts events over the window, and what was changed for that; `sampled` makes the values of a gauge
    a range."""
    query = source.query
    if WINDOW_PLACEHOLDER in query.text:
        return query, ()
    if ranged := source.said(lambda: counting.over_window(query.text)):
        return source.said(lambda: promql.parse(ranged)), (_OWN_RANGE,)
    is_counter = ratio.boolean("counter")
    if is_counter is None:
        raise ratio.missing("counter", "true where the metrics only grow, else false")
    if is_counter:
        return source.said(lambda: promql.parse(counting.increase_of(query.tree))), ()
    return source.said(lambda: promql.parse(f"sum_over_time({sampled(query.text)})")), ()


def _events(part: _Source, total: _Source, ratio: Fields, budgeting: Budgeting, *, is_good: bool) -> Indicator:
    sampled = counting.samples if part.is_plain and total.is_plain else counting.minutes
    mistakes = Mistakes()
    with mistakes:
        of_part, notes = _over_window(part, ratio, sampled=sampled)
    with mistakes:
        of_total, more = _over_window(total, ratio, sampled=sampled)
    mistakes.check()
    if part.is_ranged != total.is_ranged:
        if not ratio.boolean("counter"):
            raise ratio.error("counter", "false, expected true: beside a query over a range, the other counts events")
        of_part, of_total = (_counts(query) for query in (of_part, of_total))
    length = str(budgeting.length)

    def say() -> Indicator:
        if budgeting.method == "Timeslices":
            return indicator.slices(of_part, of_total, length, budgeting.target, is_good=is_good)
        if budgeting.method == "RatioTimeslices":
            return indicator.mean_of_slices(of_part, of_total, length, is_good=is_good)
        return (indicator.from_good if is_good else indicator.from_bad)(of_part, of_total)

    found = part.said(say)
    return replace(found, notes=tuple(dict.fromkeys((*notes, *more, *found.notes))))


def _counts(query: Query) -> Query:
    """A query of rates as one of numbers of events, as the other side's counter is one; any other as it is."""
    return promql.parse(counting.as_counts(query) or query.text)


def _raw(source: _Source, kind: str, budgeting: Budgeting) -> Indicator:
    query = source.query
    if WINDOW_PLACEHOLDER not in query.text:
        sampled = counting.samples if source.is_plain else counting.minutes
        query = promql.parse(f"avg_over_time({sampled(query.text)})")
    if budgeting.method == "Timeslices":
        value = query.text if kind == "success" else f"1 - ({query.text})"
        limit = {"value": value, "at_least": float(budgeting.target)}
        return Indicator({"slices": {"length": str(budgeting.length), **limit}})
    ratio_query = query.text if kind == "failure" else f"1 - ({query.text})"
    return source.said(lambda: indicator.from_error_ratio(promql.parse(ratio_query)))


def _threshold(metric: Fields, objects: Objects, budgeting: Budgeting, objective: Fields) -> Indicator:
    mistakes = Mistakes()
    with mistakes:
        source = _source(metric, objects)
    with mistakes:
        operator = objective.text("op", f"one of {', '.join(_LIMITS)}")
        if operator not in _LIMITS:
            raise objective.error("op", f"{operator!r}, expected one of {', '.join(_LIMITS)}")
    with mistakes:
        limit = _limit(objective)
    mistakes.check()
    key, comparison = _LIMITS[operator]
    query = source.query
    if budgeting.method == "Timeslices":
        good = f"(({query.text}) >= -Inf) {comparison} bool {limit:.12g}"
        value = f"avg_over_time(({good})[{WINDOW_PLACEHOLDER}:30s])"
        parsed = source.said(lambda: promql.parse(value))
        return _slices(parsed, budgeting.length, {"at_least": float(budgeting.target)}, source)
    found = _slices(query, _MINUTE, {key: limit}, source)
    return replace(found, notes=(*found.notes, _EVERY_MINUTE))


def _limit(objective: Fields) -> float:
    limit = objective.number("value")
    if limit is None:
        raise objective.missing("value", "the number that the metric is compared with")
    return limit


def _slices(value: Query, length: Duration, limit: dict[str, float], source: _Source) -> Indicator:
    group_by, notes = source.said(lambda: indicator.grouping(value.tree))
    return Indicator(
        {"slices": {"length": str(length), "value": value.text, **limit}}, group_by, (_WORST,) if notes else ()
    )
