"""OpenSLO's service level indicators, by the budgeting method of the SLO that they are for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from slostack.imports import counting, indicator, promql
from slostack.imports.fields import Fields
from slostack.imports.indicator import Indicator
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

    text: str
    fields: Fields
    key: str

    @property
    def is_plain(self) -> bool:
        """Whether it is a selector alone."""
        return promql.plain_selector(self.said(lambda: promql.parse(self.text)).tree) is not None

    def said(self, say: Callable[[], T]) -> T:
        """What a function makes of the query; a ValueError of it is a mistake at the query."""
        try:
            return say()
        except ValueError as error:
            raise self.fields.error(self.key, str(error)) from None


def read_indicator(spec: Fields, objects: Objects, budgeting: Budgeting, objective: Fields) -> Indicator:
    """The SLI that an indicator's spec is for an objective; raises SpecError where it can't be said."""
    leave_description(spec)
    ratio, threshold = spec.fields("ratioMetric"), spec.fields("thresholdMetric")
    if ratio and threshold:
        raise spec.error("thresholdMetric", "beside ratioMetric, expected one of the two")
    if threshold:
        return _threshold(_source(threshold, objects), budgeting, objective)
    if ratio is None:
        raise spec.missing("ratioMetric", "ratioMetric or thresholdMetric")
    objective.leave("op", "value", why="only a thresholdMetric is compared with a value")
    given = {key: ratio.fields(key) for key in ("good", "bad", "total", "raw")}
    raw = given.pop("raw")
    if raw:
        if any(given.values()):
            raise ratio.error("raw", "beside good, bad or total, expected one of the two")
        ratio.leave("counter", why="has no effect on `raw`")
        return _raw(_source(raw, objects), ratio, budgeting)
    ratio.leave("rawType", why="only of `raw`")
    good, bad, total = given.values()
    if total is None:
        raise ratio.missing("total", "the query of all events")
    if (good is None) == (bad is None):
        raise ratio.error("good" if good else "total", f"{'good and bad' if good else 'neither'}, expected good or bad")
    part = good or bad
    assert part is not None
    return _events(_source(part, objects), _source(total, objects), ratio, budgeting, is_good=good is not None)


def _source(metric: Fields, objects: Objects) -> _Source:
    """The Prometheus query of a metric; raises SpecError for another kind of data source."""
    source = metric.required_fields("metricSource")
    kind, name = source.optional_text("type"), source.optional_text("metricSourceRef")
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
    spec = source.value("spec")
    if isinstance(spec, str) and spec.strip():
        return _Source(spec.strip(), source, "spec")
    if not isinstance(spec, dict):
        raise source.error("spec", f"{describe(spec)}, expected a query, or a mapping with one")
    fields = source.required_fields("spec")
    key = "promql" if fields.value("promql") is not None and fields.value("query") is None else "query"
    found = _Source(fields.text(key, "a PromQL query"), fields, key)
    fields.leave(*(other for other in fields.data if other not in ("query", "promql")), why=_OTHER_FIELDS)
    return found


def _over_window(source: _Source, ratio: Fields, *, sampled: Callable[[str], str]) -> tuple[Query, tuple[str, ...]]:
    """A query that counts events over the window, and what was changed for that; `sampled` makes the values of a gauge
    a range."""
    query = source.said(lambda: promql.parse(source.text))
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
    (of_part, notes), (of_total, more) = (_over_window(source, ratio, sampled=sampled) for source in (part, total))
    ratio.boolean("counter")
    length = str(budgeting.length)

    def say() -> Indicator:
        if budgeting.method == "Timeslices":
            return indicator.slices(of_part, of_total, length, budgeting.target, is_good=is_good)
        if budgeting.method == "RatioTimeslices":
            return indicator.mean_of_slices(of_part, of_total, length, is_good=is_good)
        return (indicator.from_good if is_good else indicator.from_bad)(of_part, of_total)

    found = part.said(say)
    return replace(found, notes=tuple(dict.fromkeys((*notes, *more, *found.notes))))


def _raw(source: _Source, ratio: Fields, budgeting: Budgeting) -> Indicator:
    kind = ratio.text("rawType", "success or failure")
    if kind not in ("success", "failure"):
        raise ratio.error("rawType", f"{kind!r}, expected success or failure")
    query = source.said(lambda: promql.parse(source.text))
    if WINDOW_PLACEHOLDER not in query.text:
        sampled = counting.samples if source.is_plain else counting.minutes
        query = promql.parse(f"avg_over_time({sampled(query.text)})")
    if budgeting.method == "Timeslices":
        value = query.text if kind == "success" else f"1 - ({query.text})"
        limit = {"value": value, "at_least": float(budgeting.target)}
        return Indicator({"slices": {"length": str(budgeting.length), **limit}})
    ratio_query = query.text if kind == "failure" else f"1 - ({query.text})"
    return source.said(lambda: indicator.from_error_ratio(promql.parse(ratio_query)))


def _threshold(source: _Source, budgeting: Budgeting, objective: Fields) -> Indicator:
    operator = objective.text("op", f"one of {', '.join(_LIMITS)}")
    if operator not in _LIMITS:
        raise objective.error("op", f"{operator!r}, expected one of {', '.join(_LIMITS)}")
    limit = objective.number("value")
    if limit is None:
        raise objective.missing("value", "the number that the metric is compared with")
    key, comparison = _LIMITS[operator]
    query = source.said(lambda: promql.parse(source.text))
    if budgeting.method == "Timeslices":
        good = f"(({query.text}) >= -Inf) {comparison} bool {limit:.12g}"
        value = f"avg_over_time(({good})[{WINDOW_PLACEHOLDER}:30s])"
        parsed = source.said(lambda: promql.parse(value))
        return _slices(parsed, budgeting.length, {"at_least": float(budgeting.target)}, source)
    found = _slices(query, _MINUTE, {key: limit}, source)
    return replace(found, notes=(*found.notes, _EVERY_MINUTE))


def _slices(value: Query, length: Duration, limit: dict[str, float], source: _Source) -> Indicator:
    group_by, notes = source.said(lambda: indicator.grouping(value.tree))
    return Indicator(
        {"slices": {"length": str(length), "value": value.text, **limit}}, group_by, (_WORST,) if notes else ()
    )
