"""What a threshold alert watches: the lines to draw and the numbers that they must not cross."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import promql_parser as promql

from slostack.spec.alert import Alert
from slostack.spec.quantities import Selector
from slostack.spec.syntax import is_scalar, parse_promql, vector_selectors

_COMPARISONS = (">", ">=", "<", "<=", "==", "!=")
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_ABSENCE = ("absent", "absent_over_time")


@dataclass(frozen=True)
class Watched:
    """One expression to draw, and the comparison with a number that an alert makes with it, if it makes one; or what
    another one is compared with."""

    expr: str
    labels: tuple[str, ...] | None
    comparison: str | None = None
    threshold: float | None = None
    is_limit: bool = False
    asks_presence: bool = False
    """Whether an alert only asks if it is there."""

    @property
    def reads(self) -> tuple[Selector, ...]:
        """What it reads."""
        return tuple(filter(None, map(Selector.of, vector_selectors(parse_promql(self.expr)))))

    def covers(self, other: Watched) -> bool:
        """Whether it reads all that another one reads."""
        return all(any(each.covers(read) for each in self.reads) for read in other.reads)

    @property
    def fires_below(self) -> bool:
        """Whether values below the threshold are the bad ones."""
        return self.comparison in ("<", "<=")

    @property
    def is_switch(self) -> bool:
        """Whether it is a gauge that is 0 while something is down."""
        return (self.comparison, self.threshold) == ("==", 0)

    @property
    def worst_is_lowest(self) -> bool:
        """Whether of several lines the lowest is the nearest to firing; of gauges that are 0 while something is down,
        too."""
        return self.fires_below or self.is_switch


def watched(alert_expr: str) -> tuple[Watched, ...]:
    """What an alert's expression watches, without repetition.

    `x > 3` watches x against 3; `x > y` watches both; `x and y` and `x unless y` watch x, `x or y` both;
    `absent(x)` watches x. Any other expression is drawn as it is.
    """
    return tuple(dict.fromkeys(_watched(parse_promql(alert_expr))))


def drawn(alert_expr: str) -> tuple[Watched, ...]:
    """What an alert watches, but for what it only asks whether it is there where another line draws what that reads."""
    lines = watched(alert_expr)
    return tuple(
        line
        for line in lines
        if not line.asks_presence or not any(other.covers(line) for other in lines if other is not line)
    )


def sharing(alerts: Iterable[Alert]) -> tuple[tuple[Alert, ...], ...]:
    """The alerts that watch the same, whatever their thresholds, together, in the order of the first of each."""
    found: dict[tuple[tuple[str, bool], ...], list[Alert]] = {}
    for alert in alerts:
        found.setdefault(tuple((line.expr, line.is_limit) for line in drawn(alert.expr)), []).append(alert)
    return tuple(map(tuple, found.values()))


def _watched(expr: promql.Expr) -> Iterable[Watched]:
    match expr:
        case promql.ParenExpr():
            return _watched(expr.expr)
        case promql.Call() if expr.func.name in _ABSENCE:
            return [Watched(s.expr, s.labels, asks_presence=True) for s in _watched(expr.args[0])]
        case promql.MatrixSelector():
            return _watched(expr.vector_selector)
        case promql.BinaryExpr():
            return _operands(expr)
    return [_line(expr)]


def _operands(operation: promql.BinaryExpr) -> Iterable[Watched]:
    operator, left, right = str(operation.op), operation.lhs, operation.rhs
    if operator in ("and", "unless"):
        return _watched(left)
    if operator == "or":
        return [*_watched(left), *_watched(right)]
    if operator not in _COMPARISONS:
        return [_line(operation)]
    if (limit := _number(right)) is not None:
        return [_line(left, operator, limit)]
    if (limit := _number(left)) is not None:
        return [_line(right, _MIRRORED.get(operator, operator), limit)]
    return [_line(left), replace(_line(right), is_limit=True)]


def _number(expr: promql.Expr) -> float | None:
    """The value of a number, or of the product or quotient of some such as `14 * 86400`; None of anything else."""
    match expr:
        case promql.NumberLiteral():
            return expr.val
        case promql.ParenExpr():
            return _number(expr.expr)
        case promql.BinaryExpr() if str(expr.op) in ("*", "/"):
            left, right = _number(expr.lhs), _number(expr.rhs)
            if left is None or right is None or (str(expr.op) == "/" and right == 0):
                return None
            return left * right if str(expr.op) == "*" else left / right
    return None


def _line(expr: promql.Expr, comparison: str | None = None, threshold: float | None = None) -> Watched:
    return Watched(_text(expr), _labels(expr), comparison, threshold)


def nearness(alert_expr: str, value: str) -> str | None:
    """An expression of how near an alert is that compares something with one number: 1 where it begins to fire, more
    beyond; `value` stands for what it compares. None of an alert that compares nothing, or with series."""
    match _unwrapped(parse_promql(alert_expr)):
        case promql.BinaryExpr() as comparison if is_scalar(comparison.rhs):
            limit = f"({_text(comparison.rhs)})"
            match str(comparison.op):
                case ">" | ">=":
                    return f"{value} / {limit}"
                case "<" | "<=":
                    return f"{limit} / {value}"
                case "==":
                    return f"{value} == bool {limit}"
    return None


def _unwrapped(expr: promql.Expr) -> promql.Expr:
    while isinstance(expr, promql.ParenExpr):
        expr = expr.expr
    return expr


def _text(expr: promql.Expr) -> str:
    return str(expr.prettify()).strip()


def _labels(expr: promql.Expr) -> tuple[str, ...] | None:
    """The labels that the result has at most; None where the expression doesn't tell."""
    match expr:
        case promql.AggregateExpr() if str(expr.op) in ("topk", "bottomk", "limitk", "limit_ratio", "count_values"):
            return None
        case promql.AggregateExpr(modifier=None):
            return ()
        case promql.AggregateExpr(modifier=promql.AggModifier(type=promql.AggModifierType.By, labels=labels)):
            return tuple(labels)
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return _labels(expr.expr)
        case promql.Call() if expr.func.name == "histogram_quantile":
            inner = _labels(expr.args[1])
            return None if inner is None else tuple(label for label in inner if label != "le")
        case promql.Call():
            found = [inner for argument in expr.args if (inner := _labels(argument)) != ()]
            return found[0] if found else ()
        case promql.BinaryExpr():
            sides = [inner for side in (expr.lhs, expr.rhs) if (inner := _labels(side)) != ()]
            return sides[0] if sides else ()
        case promql.NumberLiteral() | promql.StringLiteral():
            return ()
    return None
