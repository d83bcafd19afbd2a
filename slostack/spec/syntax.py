"""PromQL as text and as a syntax tree: what is quoted, what has a value for each series, which labels are kept."""

from __future__ import annotations

import re
from functools import lru_cache

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


def loses(tree: Expr, label: str) -> bool:
    """Whether the results of an expression can't have a label, whatever its series have."""
    match tree:
        case promql_parser.ParenExpr() | promql_parser.UnaryExpr() | promql_parser.SubqueryExpr():
            return loses(tree.expr, label)
        case promql_parser.AggregateExpr() if str(tree.op) in _CHOOSE:
            return loses(tree.expr, label)
        case promql_parser.AggregateExpr():
            named = tree.modifier.labels if tree.modifier else []
            without = bool(tree.modifier and tree.modifier.type == promql_parser.AggModifierType.Without)
            return (label in named) == without or loses(tree.expr, label)
        case promql_parser.BinaryExpr():
            return _operation_loses(tree, label)
        case promql_parser.Call() if tree.func.name in _ABSENCE:
            return not _asks_for(tree.args[0], label)
        case promql_parser.Call() if tree.func.name not in _MADE_ANEW:
            vectors = [argument for argument in tree.args if not _is_constant(argument)]
            return not vectors or any(loses(argument, label) for argument in vectors)
    return False


def _operation_loses(tree: promql_parser.BinaryExpr, label: str) -> bool:
    lost = [loses(side, label) for side in (tree.lhs, tree.rhs) if not is_scalar(side)]
    modifier, cards = tree.modifier, promql_parser.VectorMatchCardinality
    if len(lost) < 2 or str(tree.op).lower() == "or":
        return all(lost)
    if modifier is None:
        return any(lost)
    if modifier.card == cards.ManyToMany:  # and, unless
        return lost[0]
    if modifier.card in (cards.ManyToOne, cards.OneToMany):  # group_left, group_right
        return lost[modifier.card == cards.OneToMany] and label not in (modifier.group_labels or ())
    if modifier.matching is None:
        return any(lost)
    on = modifier.matching.type == promql_parser.LabelModifierType.Include
    return (label in modifier.matching.labels) != on or any(lost)


def _asks_for(tree: Expr, label: str) -> bool:
    """Whether an expression is a selector of one value of a label, which is all that absence has of labels."""
    match tree:
        case promql_parser.ParenExpr():
            return _asks_for(tree.expr, label)
        case promql_parser.MatrixSelector():
            return _asks_for(tree.vector_selector, label)
        case promql_parser.VectorSelector():
            return any(m.name == label and str(m.op) == "MatchOp.Equal" for m in tree.matchers.matchers)
    return False


def _is_constant(tree: Expr) -> bool:
    return is_scalar(tree) or isinstance(tree, promql_parser.StringLiteral)
