"""Reads what a dashboard's JSON says, as the tests ask for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import promql_parser

from slostack.dashboards.variables import whole

Json = dict[str, Any]


def read(text: str) -> Json:
    """A dashboard with queries as they are while nothing is chosen."""
    dashboard: Json = json.loads(text)
    for query in (*values(dashboard["panels"], "targets"), dashboard["annotations"]["list"]):
        for asked in query:
            asked["expr"] = whole(asked["expr"])
    return dashboard


def panels(dashboard: Json) -> list[Json]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def panel(dashboard: Json, title: str) -> Json:
    (found,) = (panel for panel in panels(dashboard) if panel["title"] == title)
    return found


def promql(dashboard: Json) -> list[str]:
    """Every PromQL expression, with Grafana's variables put in."""
    exprs = [query["expr"] for panel in panels(dashboard) if panel["type"] != "logs" for query in panel["targets"]]
    exprs += [annotation["expr"] for annotation in dashboard["annotations"]["list"]]
    return [expr.replace("$__rate_interval", "5m") for expr in exprs]


def limits(panel: Json) -> list[float]:
    """The numbers at which a graph has threshold lines."""
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return [step["value"] for step in steps if step["value"] is not None]


def selectors(expr: str) -> list[promql_parser.VectorSelector]:
    """The series that an expression reads."""
    found = []

    def visit(node: promql_parser.Expr) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        return True

    promql_parser.walk(promql_parser.parse(expr), visit)
    return found


def metrics(expr: str) -> set[str]:
    return {selector.name or "" for selector in selectors(expr)}


def values(data: Any, key: str) -> Iterator[Any]:
    """Every value of a key, however deep."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == key:
                yield value
            yield from values(value, key)
    elif isinstance(data, list):
        for item in data:
            yield from values(item, key)
