"""PromQL as text and as a syntax tree: what is quoted, what has a value for each series, which labels are kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import and_

import promql_parser

Expr = promql_parser.Expr

_WITH_ESCAPES = r""""(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'"""
QUOTED = f"{_WITH_ESCAPES}|`[^`]*+`"
COMMENT = r"#[^\n]*+"
TEXT = f"{QUOTED}|{COMMENT}"
"""What is no PromQL of its own, however it looks."""
_RAW = re.compile(f"(?P<kept>{_WITH_ESCAPES}|{COMMENT})|`(?P<raw>[^`]*+)`", re.DOTALL)
_ABSENCE = ("absent", "absent_over_time")
_MADE_ANEW = ("label_replace", "label_join", "info")
"""Functions whose results have labels that their arguments don't tell."""
_FROM_NOTHING = (*_ABSENCE, "vector")
"""Functions that give something where no series are."""
_NUMBERS = ("time", "scalar")
_CHOOSE = ("topk", "bottomk", "limitk", "limit_ratio")
"""Aggregations that give series as they are."""


def outside(kept: str, pattern: str, replacement: str, query: str) -> str:
    """A query with every match of a pattern replaced, but for those within what matches another one (`QUOTED`)."""
    return re.sub(
        f"(?P<kept>{kept})|{pattern}",
        lambda match: match["kept"] if match["kept"] is not None else replacement,
        query,
        flags=re.DOTALL,
    )


def quoted(text: str) -> str:
    """A text in double quotes, as PromQL reads it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


@lru_cache(maxsize=4096)
def parse_promql(text: str) -> Expr:
    """The syntax tree of a PromQL expression; raises ValueError with the parser's reason."""
    return promql_parser.parse(_without_raw(text) if "`" in text else text)


def _without_raw(text: str) -> str:
    """A query with double quotes for backticks, in which the parser takes a backslash for an escape."""
    return _RAW.sub(lambda match: match["kept"] if match["raw"] is None else quoted(match["raw"]), text)


def vector_selectors(tree: Expr) -> list[promql_parser.VectorSelector]:
    """Every selector in an expression, in their order."""
    found: list[promql_parser.VectorSelector] = []

    def visit(node: Expr) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        return True

    promql_parser.walk(tree, visit)
    return found


def needs_series(tree: Expr) -> bool:
    """Whether an expression gives nothing where no series are."""
    return not _calls(tree, (*_FROM_NOTHING, *_NUMBERS))


def may_ask_absence(tree: Expr) -> bool:
    """Whether an expression may have series that come of what isn't there."""
    return _calls(tree, _FROM_NOTHING) and not is_scalar(tree)


def _calls(tree: Expr, functions: Iterable[str]) -> bool:
    found = False

    def visit(node: Expr) -> bool:
        nonlocal found
        found |= isinstance(node, promql_parser.Call) and node.func.name in functions
        return True

    promql_parser.walk(tree, visit)
    return found


def is_scalar(tree: Expr) -> bool:
    """Whether an expression is one number, without series."""
    match tree:
        case promql_parser.NumberLiteral():
            return True
        case promql_parser.ParenExpr() | promql_parser.UnaryExpr():
            return is_scalar(tree.expr)
        case promql_parser.BinaryExpr():
            return is_scalar(tree.lhs) and is_scalar(tree.rhs)
        case promql_parser.Call():
            return bool(tree.func.return_type == promql_parser.ValueType.Scalar)
    return False


@dataclass(frozen=True)
class Labels:
    """Which labels the results of an expression can have: the named ones `only`, or any but those that it drops."""

    only: frozenset[str] | None = None
    never: frozenset[str] = frozenset()

    def loses(self, label: str) -> bool:
        """Whether no result has a label, whatever the series have."""
        return label in self.never or (self.only is not None and label not in self.only)

    def among(self, named: Iterable[str]) -> Labels:
        """Those of some labels that aren't lost."""
        return Labels(frozenset(label for label in named if not self.loses(label)))

    def without(self, named: Iterable[str]) -> Labels:
        """These but for some."""
        return Labels(None if self.only is None else self.only.difference(named), self.never.union(named))

    def also(self, named: Iterable[str]) -> Labels:
        """These and some more."""
        return Labels(None if self.only is None else self.only.union(named), self.never.difference(named))

    def __and__(self, other: Labels) -> Labels:
        if self.only is None:
            return Labels(None, self.never | other.never) if other.only is None else self.among(other.only)
        return other.among(self.only)

    def __or__(self, other: Labels) -> Labels:
        if self.only is not None and other.only is not None:
            return Labels(self.only | other.only)
        return Labels(
            never=frozenset(each for each in self.never | other.never if self.loses(each) and other.loses(each))
        )


_ANY, _NONE = Labels(), Labels(frozenset())


def labels(tree: Expr) -> Labels:
    """The labels that the results of an expression can have."""
    match tree:
        case promql_parser.ParenExpr() | promql_parser.UnaryExpr() | promql_parser.SubqueryExpr():
            return labels(tree.expr)
        case promql_parser.AggregateExpr() if str(tree.op) in _CHOOSE:
            return labels(tree.expr)
        case promql_parser.AggregateExpr():
            inner, named = labels(tree.expr), tree.modifier.labels if tree.modifier else []
            if tree.modifier and tree.modifier.type == promql_parser.AggModifierType.Without:
                return inner.without(named)
            return inner.among(named)
        case promql_parser.BinaryExpr():
            return _labels_of_operation(tree)
        case promql_parser.Call() if tree.func.name in _ABSENCE:
            return Labels(_asked_for(tree.args[0]))
        case promql_parser.Call() if tree.func.name not in _MADE_ANEW:
            vectors = [labels(argument) for argument in tree.args if not _is_constant(argument)]
            of_all: Labels = reduce(and_, vectors, _ANY) if vectors else _NONE
            return of_all.without(["le"]) if tree.func.name == "histogram_quantile" else of_all
        case promql_parser.NumberLiteral():
            return _NONE
    return _ANY


def _labels_of_operation(tree: promql_parser.BinaryExpr) -> Labels:
    sides = [labels(side) for side in (tree.lhs, tree.rhs) if not is_scalar(side)]
    modifier, cards = tree.modifier, promql_parser.VectorMatchCardinality
    if len(sides) < 2:
        return sides[0] if sides else _NONE
    if str(tree.op).lower() == "or":
        return sides[0] | sides[1]
    if modifier and modifier.card == cards.ManyToMany:  # and, unless
        return sides[0]
    if modifier and modifier.card in (cards.ManyToOne, cards.OneToMany):  # group_left, group_right
        many = sides[1] if modifier.card == cards.OneToMany else sides[0]
        return many.also(modifier.group_labels or ())
    both = sides[0] & sides[1]
    if modifier is None or modifier.matching is None:
        return both
    on = modifier.matching.type == promql_parser.LabelModifierType.Include
    return both.among(modifier.matching.labels) if on else both.without(modifier.matching.labels)


def _asked_for(tree: Expr) -> frozenset[str]:
    """The labels of which a selector asks for one value, which is all that absence has of labels."""
    match tree:
        case promql_parser.ParenExpr():
            return _asked_for(tree.expr)
        case promql_parser.MatrixSelector():
            return _asked_for(tree.vector_selector)
        case promql_parser.VectorSelector():
            return frozenset(m.name for m in tree.matchers.matchers if str(m.op) == "MatchOp.Equal")
    return frozenset()


def _is_constant(tree: Expr) -> bool:
    return is_scalar(tree) or isinstance(tree, promql_parser.StringLiteral)
