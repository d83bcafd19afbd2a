"""Grafana units, guessed from the names of metrics and from what an expression does with them."""

from __future__ import annotations

import re

import promql_parser as promql

from slostack.spec.syntax import vector_selectors

NUMBER = "short"
SHARE = "percentunit"
PERCENT = "percent"
SECONDS = "s"
TIMESTAMP = "timestamp"
"""Unix seconds, of which Grafana has no unit: what is drawn is how long ago they are."""
BYTES = "decbytes"
BYTES_PER_SECOND = "Bps"
PER_SECOND = "ops"
REQUESTS_PER_SECOND = "reqps"
TIMES = "suffix:x"
DAYS = "suffix:days"

_BY_SUFFIX = {"bytes": BYTES, "seconds": SECONDS, "ratio": SHARE, "percent": PERCENT}
_OF_CLOUDWATCH = {
    "cpuutilization": PERCENT,
    "free_storage_space": BYTES,
    "freeable_memory": BYTES,
    "swap_usage": BYTES,
}
"""Of metrics whose names, as the CloudWatch exporter spells them, have no unit."""
_STATISTICS = re.compile("^aws_[a-z0-9]+_(.+)_(?:average|maximum|minimum|sum)$")
_OF_TIMES = ("_timestamp_seconds", "_start_time_seconds")
_OF_SERIES = ("_total", "_bucket", "_sum")
_RATES = ("rate", "irate", "deriv")
_COUNTS = ("count", "count_values", "group", "absent", "absent_over_time", "count_over_time", "changes", "resets")
_CLOCK = ("time", "timestamp")
_RATE_OF = {BYTES: BYTES_PER_SECOND, SECONDS: SHARE, NUMBER: PER_SECOND}
_PER_SECOND = (PER_SECOND, REQUESTS_PER_SECOND)


def unit_of(expr: promql.Expr) -> str:
    """The Grafana unit of an expression's values; `short` where nothing tells."""
    match expr:
        case promql.VectorSelector():
            return _metric_unit(expr.name or "")
        case promql.MatrixSelector():
            return unit_of(expr.vector_selector)
        case promql.SubqueryExpr() | promql.ParenExpr() | promql.UnaryExpr():
            return unit_of(expr.expr)
        case promql.AggregateExpr():
            return NUMBER if str(expr.op) in _COUNTS else unit_of(expr.expr)
        case promql.Call():
            return _call_unit(expr)
        case promql.BinaryExpr():
            return _operation_unit(expr)
    return NUMBER


def _metric_unit(metric: str) -> str:
    for suffix in _OF_SERIES:
        metric = metric.removesuffix(suffix)
    if metric.endswith(_OF_TIMES):
        return TIMESTAMP
    if statistic := _STATISTICS.match(metric):
        return _OF_CLOUDWATCH.get(statistic[1], NUMBER)
    found = (_BY_SUFFIX.get(part.rpartition("_")[2]) for part in reversed(metric.split(":")))
    return next(filter(None, found), NUMBER)


def rate_of_events(counter: str) -> str:
    """The unit of the rate of what a metric of this name counts."""
    return REQUESTS_PER_SECOND if "request" in counter else PER_SECOND


def _call_unit(call: promql.Call) -> str:
    name = call.func.name
    if name in _CLOCK:
        return SECONDS
    if name in _COUNTS:
        return NUMBER
    if name == "histogram_quantile":
        return first_metric_unit(call.args[1])
    units = [unit for argument in call.args if (unit := unit_of(argument)) != NUMBER]
    inner = units[0] if units else NUMBER
    if name in _RATES and inner == NUMBER:
        return rate_of_events(_first_metric(call))
    return _RATE_OF.get(inner, inner) if name in _RATES else inner


def _operation_unit(operation: promql.BinaryExpr) -> str:
    left, right = unit_of(operation.lhs), unit_of(operation.rhs)
    constants = [side for side in (operation.lhs, operation.rhs) if isinstance(side, promql.NumberLiteral)]
    match str(operation.op):
        case "/" if constants:
            return left
        case "/":
            return _quotient_unit(left, right)
        case "*" if constants:
            unit = left if constants[0] is operation.rhs else right
            return PERCENT if unit == SHARE and constants[0].val == 100 else unit
        case "-" if TIMESTAMP in (left, right):
            return SECONDS
        case "-" if isinstance(operation.lhs, promql.NumberLiteral) and operation.lhs.val == 1:
            return SHARE
        case "+" | "-":
            return left if left != NUMBER else right
        case "*" | "%" | "^" | "atan2":
            return NUMBER
    return left


def _quotient_unit(left: str, right: str) -> str:
    if left == right:
        return SHARE
    if left in _PER_SECOND and right in _PER_SECOND:
        return SHARE
    if right in _PER_SECOND:
        return next((unit for unit, rate in _RATE_OF.items() if rate == left), NUMBER)
    return left if right == NUMBER and left in (SECONDS, BYTES) else NUMBER


def first_metric_unit(expr: promql.Expr) -> str:
    """The unit of the first metric that an expression reads, whatever it does with it."""
    return _metric_unit(_first_metric(expr))


def _first_metric(expr: promql.Expr) -> str:
    """Its name; nothing where there is none."""
    read = vector_selectors(expr)
    return (read[0].name or "") if read else ""
