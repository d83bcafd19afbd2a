"""Variables of dashboards: labels by which people narrow what is shown. All until they choose."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import promql_parser

from slostack import names
from slostack.spec import Selector
from slostack.spec.quantities import matchers_of
from slostack.spec.syntax import QUOTED, TEXT, parse_promql

ENVIRONMENT = "environment"
PLACES = (ENVIRONMENT, names.CLUSTER)
"""Labels that series have where one server holds those of several environments or clusters."""


@dataclass(frozen=True)
class Variable:
    """A label to choose values of, those that the series of a selector have; `narrows` says which other selectors the
    choice is for; one that names several metrics has none.

    With All chosen its matcher lets everything through, series without the label too.
    """

    label: str
    among: str
    title: str
    narrows: Callable[[Selector], bool]

    @property
    def matcher(self) -> str:
        """What narrows a selector."""
        return f'{self.label}=~"${self.label}"'

    def to_json(self) -> dict[str, object]:
        """The variable as Grafana reads it."""
        values = f"label_values({self.among}, {self.label})"
        return {
            "allValue": ".*",
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
            "datasource": "prometheus",
            "definition": values,
            "includeAll": True,
            "label": self.title,
            "multi": True,
            "name": self.label,
            "query": values,
            "refresh": 2,
            "sort": 1,
            "type": "query",
        }


def places() -> tuple[Variable, Variable]:
    """Environment and cluster, which series have where one server holds those of several."""
    environment = Variable(ENVIRONMENT, names.INFO, "Environment", narrows=bool)
    return environment, Variable(names.CLUSTER, f"{names.INFO}{{{environment.matcher}}}", "Cluster", narrows=bool)


def is_recorded(selector: Selector) -> bool:
    """Whether its series are of SLOs or of alerts: recorded, whatever they are made of."""
    return selector.metric.startswith(("slo:", "ALERTS"))


_NAME = r"[a-zA-Z_:][\w:]*+"
_MATCHERS = rf"""(?:{QUOTED}|[^"'`}}])*+"""
_RANGE = r"\[[^\]]*+\]"
_LABELS = r"(?i:by|without|on|ignoring|group_left|group_right)\s*+\([^)]*+\)"
_FUNCTION = rf"{_NAME}(?=\s*+\(|\s++(?i:by|without)\b)"
_KEYWORD = r"(?i:bool|offset|and|or|unless|atan2|inf|nan|on|ignoring|group_left|group_right)(?![\w:])"
_NUMBER = r"[0-9][\w.]*+"
_SELECTOR = rf"(?P<metric>{_NAME})(?:\s*+\{{(?P<matchers>{_MATCHERS})\}})?|\{{(?P<nameless>{_MATCHERS})\}}"
_TOKENS = re.compile("|".join((TEXT, _RANGE, _LABELS, _FUNCTION, _KEYWORD, _NUMBER, _SELECTOR)), re.DOTALL)


def narrowed(expr: str, variables: Sequence[Variable]) -> str:
    """A PromQL expression whose selectors have the matchers of the variables that narrow them."""

    def with_matchers(token: re.Match[str]) -> str:
        if token["metric"] is None and token["nameless"] is None:
            return token[0]
        selector = _parsed(token[0])
        more = [variable.matcher for variable in variables if variable.narrows(selector)]
        matchers = (token["matchers"] or token["nameless"] or "").rstrip(", ")
        return f"{token['metric'] or ''}{{{','.join(filter(None, [matchers, *more]))}}}" if more else token[0]

    return _TOKENS.sub(with_matchers, expr)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Selector:
    tree = parse_promql(text)
    assert isinstance(tree, promql_parser.VectorSelector), text
    return Selector.of(tree) or Selector("", matchers_of(tree))


_ALONE = re.compile(r'\{\w+=~"\$\w+"(?:,\w+=~"\$\w+")*\}')
_FURTHER = re.compile(r',\w+=~"\$\w+"')


def whole(expr: str) -> str:
    """A narrowed expression without the matchers of variables: what it was before."""
    return _FURTHER.sub("", _ALONE.sub("", expr))
