"""What a PromQL expression reads."""

from __future__ import annotations

from collections.abc import Iterator

import promql_parser

_CHILDREN = ("expr", "lhs", "rhs", "vector_selector", "param")


def selectors(text: str) -> Iterator[promql_parser.VectorSelector]:
    """Every selector in an expression."""
    pending = [promql_parser.parse(text)]
    while pending:
        node = pending.pop()
        if isinstance(node, promql_parser.VectorSelector):
            yield node
        pending += [child for name in _CHILDREN if (child := getattr(node, name, None)) is not None]
        pending += list(getattr(node, "args", None) or ())


def metric_names(text: str) -> set[str]:
    """Every metric that an expression reads."""
    return {selector.name for selector in selectors(text) if selector.name}
