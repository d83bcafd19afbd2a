"""Reads the queries of other formats: what they count, and whether a plain selector says it.

A selector makes cheaper and better rules than a query: the generator then chooses windows, and counts over gaps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import promql_parser
from pydantic_core import PydanticCustomError

from slostack.spec.quantities import WINDOW_PLACEHOLDER, Selector
from slostack.spec.syntax import COMMENT, QUOTED, Expr, outside, parse_promql

_STAND_IN = 13_579_123
"""Seconds that stand for the window while a query is parsed; nobody writes them."""
_TEMPLATE = re.compile(r"\{\{-?\s*\.window\s*-?\}\}")
_MOST_CHARACTERS = 4_000
_DEEPEST = 100


@dataclass(frozen=True)
class Query:
    """A PromQL expression over `[$window]`."""

    text: str
    tree: Expr


@dataclass(frozen=True)
class Counter:
    """`sum by (labels) (function(selector[$window]))`."""

    selector: Selector
    function: str
    by: tuple[str, ...]
    summed: bool
    """False where nothing sums its series."""


def parse(text: str) -> Query:
    """A query with sloth's `{{.window}}` or `$window` in it; raises ValueError with what is wrong."""
    text = outside_quotes(COMMENT, "", _TEMPLATE.sub(lambda _: WINDOW_PLACEHOLDER, text)).strip()
    if "{{" in text:
        raise ValueError("a template of more than {{.window}}, expected that alone")
    parsed_as = outside_quotes(re.escape(WINDOW_PLACEHOLDER), f"{_STAND_IN}s", text)
    if WINDOW_PLACEHOLDER in parsed_as:
        raise ValueError("{{.window}} within quotes, expected it as a range alone: [{{.window}}]")
    return Query(text, syntax_tree(parsed_as))


def parse_windowed(text: str) -> Query:
    """A query that must have a window; raises ValueError with what is wrong."""
    query = parse(text)
    if not any(map(is_windowed, walk(query.tree))):
        raise ValueError("a query without {{.window}}, expected one over the range [{{.window}}]")
    return query


def syntax_tree(text: str) -> Expr:
    """The syntax tree of a query without a template; raises ValueError with what is wrong."""
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"a query of {len(text):,} characters, expected at most {_MOST_CHARACTERS:,}")
    try:
        tree = parse_promql(text)
    except ValueError as error:
        reason = str(error).replace(f"{_STAND_IN}s", WINDOW_PLACEHOLDER)
        raise ValueError(f"not PromQL ({reason}), expected a PromQL expression") from None
    if any(depth > _DEEPEST for depth, _ in _with_depth(tree)):
        raise ValueError(f"a query nested deeper than {_DEEPEST} levels, expected a simpler one")
    return tree


def walk(tree: Expr) -> Iterator[Expr]:
    """An expression and all expressions in it."""
    return (node for _, node in _with_depth(tree))


def _with_depth(tree: Expr) -> Iterator[tuple[int, Expr]]:
    waiting = [(0, tree)]
    while waiting:
        depth, node = waiting.pop()
        yield depth, node
        waiting += [(depth + 1, child) for child in children(node)]


def children(tree: Expr) -> list[Expr]:
    """The expressions right in an expression."""
    match tree:
        case promql_parser.AggregateExpr():
            return [child for child in (tree.param, tree.expr) if child is not None]
        case promql_parser.BinaryExpr():
            return [tree.lhs, tree.rhs]
        case promql_parser.Call():
            return list(tree.args)
        case promql_parser.MatrixSelector():
            return [tree.vector_selector]
        case promql_parser.ParenExpr() | promql_parser.UnaryExpr() | promql_parser.SubqueryExpr():
            return [tree.expr]
    return []


def bare(tree: Expr) -> Expr:
    """An expression without parentheses and `or vector(0)` around it."""
    while True:
        if isinstance(tree, promql_parser.ParenExpr):
            tree = tree.expr
        elif isinstance(tree, promql_parser.BinaryExpr) and operator(tree) == "or" and is_zero_vector(bare(tree.rhs)):
            tree = tree.lhs
        else:
            return tree


def unguarded(tree: Expr) -> Expr:
    """An expression without `> 0` after it, which keeps a division from NaN."""
    inner = bare(tree)
    if isinstance(inner, promql_parser.BinaryExpr) and operator(inner) == ">" and is_number(inner.rhs, 0):
        return inner.lhs
    return tree


def unparenthesised(tree: Expr) -> Expr:
    """An expression without parentheses around it."""
    while isinstance(tree, promql_parser.ParenExpr):
        tree = tree.expr
    return tree


def operator(tree: promql_parser.BinaryExpr) -> str:
    """The operator of a binary expression: `+`, `or`, …"""
    return str(tree.op).lower()


def is_number(tree: Expr, number: float) -> bool:
    """Whether an expression is this number."""
    return isinstance(tree, promql_parser.NumberLiteral) and tree.val == number


def is_zero_vector(tree: Expr) -> bool:
    """Whether an expression is `vector(0)`."""
    return isinstance(tree, promql_parser.Call) and tree.func.name == "vector" and is_number(tree.args[0], 0)


def is_windowed(tree: Expr) -> bool:
    """Whether a range or a subquery is over the window."""
    return isinstance(tree, promql_parser.MatrixSelector | promql_parser.SubqueryExpr) and tree.range == timedelta(
        seconds=_STAND_IN
    )


def counter(tree: Expr, *functions: str) -> Counter | None:
    """The counter that an expression sums over the window by one of these functions; None for any other expression."""
    tree = bare(tree)
    by: tuple[str, ...] = ()
    summed = isinstance(tree, promql_parser.AggregateExpr)
    if isinstance(tree, promql_parser.AggregateExpr):
        labels = by_labels(tree)
        if str(tree.op) != "sum" or labels is None:
            return None
        tree, by = bare(tree.expr), labels
    if not isinstance(tree, promql_parser.Call) or tree.func.name not in functions or len(tree.args) != 1:
        return None
    argument = tree.args[0]
    if not isinstance(argument, promql_parser.MatrixSelector) or not is_windowed(argument):
        return None
    selector = plain_selector(argument.vector_selector)
    return Counter(selector, tree.func.name, by, summed) if selector else None


def plain_selector(tree: Expr) -> Selector | None:
    """The selector of a metric without offset or @, as it is written; None for any other expression."""
    if not isinstance(tree, promql_parser.VectorSelector):
        return None
    try:
        selector = Selector.parse(tree.prettify())
    except PydanticCustomError:
        return None
    written = [(matcher.name, matcher.value) for matcher in tree.matchers.matchers]
    matchers = sorted(selector.matchers, key=lambda matcher: written.index((matcher.label, matcher.value)))
    return Selector(selector.metric, tuple(matchers))


def by_labels(tree: promql_parser.AggregateExpr) -> tuple[str, ...] | None:
    """The labels that an aggregation keeps; None where it names those that it drops."""
    if tree.modifier is None:
        return ()
    return tuple(tree.modifier.labels) if tree.modifier.type == promql_parser.AggModifierType.By else None


def result_labels(tree: Expr) -> tuple[str, ...] | None:
    """The labels that tell an expression's results apart, sorted; None where its text doesn't say."""
    match tree := bare(tree):
        case promql_parser.AggregateExpr():
            labels = by_labels(tree)
            return tuple(sorted(labels)) if labels is not None else None
        case promql_parser.BinaryExpr():
            if isinstance(bare(tree.lhs), promql_parser.NumberLiteral):
                return result_labels(tree.rhs)
            if isinstance(bare(tree.rhs), promql_parser.NumberLiteral):
                return result_labels(tree.lhs)
            left, right = result_labels(tree.lhs), result_labels(tree.rhs)
            return left if left == right else None
        case promql_parser.Call() if tree.func.name == "vector":
            return ()
        case promql_parser.Call() if tree.func.name == "histogram_quantile":
            buckets = result_labels(tree.args[-1])
            return tuple(label for label in buckets if label != "le") if buckets is not None else None
        case promql_parser.Call() if tree.args:
            return result_labels(tree.args[0])
        case promql_parser.SubqueryExpr() | promql_parser.UnaryExpr():
            return result_labels(tree.expr)
    return None


def outside_quotes(pattern: str, replacement: str, query: str) -> str:
    """A query with every match of a pattern replaced, but for those in quotes."""
    return outside(QUOTED, pattern, replacement, query)
