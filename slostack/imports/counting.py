"""Queries of other formats as numbers of events within the window."""

from __future__ import annotations

import promql_parser

from slostack.imports.promql import (
    Query,
    bare,
    is_number,
    is_windowed,
    is_zero_vector,
    operator,
    outside_quotes,
    plain_selector,
    syntax_tree,
    walk,
)
from slostack.spec.quantities import WINDOW_PLACEHOLDER
from slostack.spec.syntax import Expr

_COUNTS = ("increase", "sum_over_time", "count_over_time")
_RANGE = r"\[\s*(?:[0-9]+(?:ms|[smhdwy]))+\s*\]"


def degree(tree: Expr) -> int | None:
    """1 for an expression that is k times as large when everything counted in the window is, 0 for one that the
    window leaves as it is, None where neither is certain."""
    if not any(is_windowed(node) for node in walk(tree)):
        return 0
    match tree:
        case promql_parser.ParenExpr() | promql_parser.UnaryExpr():
            return degree(tree.expr)
        case promql_parser.AggregateExpr():
            return degree(tree.expr) if str(tree.op) in ("sum", "avg", "min", "max") else None
        case promql_parser.Call():
            return 1 if _counts_window(tree) else None
        case promql_parser.BinaryExpr():
            return _degree_of_operation(tree)
    return None


def _counts_window(call: promql_parser.Call) -> bool:
    if len(call.args) != 1 or not is_windowed(call.args[0]) or call.func.name not in (*_COUNTS, "rate"):
        return False
    return sum(is_windowed(node) for node in walk(call)) == 1


def _degree_of_operation(tree: promql_parser.BinaryExpr) -> int | None:
    left, right = degree(tree.lhs), degree(tree.rhs)
    if left is None or right is None:
        return None
    zero = is_number(bare(tree.rhs), 0) or is_zero_vector(bare(tree.rhs))
    match operator(tree):
        case "+" | "-" | "or":
            return left if left == right or zero else None
        case "*":
            return left + right if left + right <= 1 else None
        case "/":
            return left if right == 0 else None
        case "and" | "unless":
            return left if right == 0 else None
        case ">" | ">=" | "<" | "<=" if zero and not (tree.modifier and tree.modifier.return_bool):
            return left
    return None


def as_counts(query: Query) -> str | None:
    """The query as one whose value is a number of events in the window; None where that is not certain.

    `rate` counts per second; `increase` in its place counts events.
    """
    if degree(query.tree) != 1:
        return None
    calls = [node for node in walk(query.tree) if isinstance(node, promql_parser.Call)]
    counting = [call.func.name for call in calls if any(is_windowed(argument) for argument in call.args)]
    if set(counting) <= set(_COUNTS):
        return query.text
    all_rates = set(counting) == {"rate"} and counting == [c.func.name for c in calls if c.func.name == "rate"]
    return outside_quotes(r"\brate(?=\s*\()", "increase", query.text) if all_rates else None


def is_per_second(query: Query) -> bool | None:
    """Whether a query's value is a number of events per second, not the number in the window; None where it is
    neither, or that is not certain."""
    counts = as_counts(query)
    return None if counts is None else counts != query.text


def over_window(text: str) -> str | None:
    """A query of rates or increases over ranges of its own, over the window instead; None for any other query."""
    tree = syntax_tree(text)
    calls = [node for node in walk(tree) if isinstance(node, promql_parser.Call)]
    ranged = [call for call in calls if any(isinstance(a, promql_parser.MatrixSelector) for a in call.args)]
    subqueries = any(isinstance(node, promql_parser.SubqueryExpr) for node in walk(tree))
    if not ranged or subqueries or any(call.func.name not in ("rate", "increase") for call in ranged):
        return None
    return outside_quotes(_RANGE, f"[{WINDOW_PLACEHOLDER}]", text)


def increase_of(tree: Expr) -> str:
    """The increase over the window of sums and differences of counters; raises ValueError for any other query."""
    match tree:
        case promql_parser.ParenExpr():
            return f"({increase_of(tree.expr)})"
        case promql_parser.VectorSelector() if selector := plain_selector(tree):
            return f"increase({selector}[{WINDOW_PLACEHOLDER}])"
        case promql_parser.AggregateExpr() if str(tree.op) == "sum":
            head = f"sum {tree.modifier} " if tree.modifier else "sum"
            return f"{head}({increase_of(tree.expr)})"
        case promql_parser.BinaryExpr() if operator(tree) in ("+", "-") and tree.modifier is None:
            return f"{increase_of(tree.lhs)} {operator(tree)} {increase_of(tree.rhs)}"
    raise ValueError(
        "no plain counters, expected a selector, its sum, or sums and differences of those, as `counter: true` says"
    )


def samples(text: str) -> str:
    """The range of all samples of a selector within the window."""
    return f"{text}[{WINDOW_PLACEHOLDER}]"


def minutes(text: str) -> str:
    """The range of a query's values within the window, one a minute."""
    return f"({text})[{WINDOW_PLACEHOLDER}:1m]"
