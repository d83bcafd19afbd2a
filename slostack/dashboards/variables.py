"""Variables of dashboards: labels by which people narrow what is shown. All until they choose."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import promql_parser

from slostack import names
from slostack.spec import Selector
from slostack.spec.narrowing import with_matchers
from slostack.spec.quantities import matchers_of
from slostack.spec.syntax import parse_promql


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
    environment = Variable(names.ENVIRONMENT, names.INFO, "Environment", narrows=bool)
    return environment, Variable(names.CLUSTER, f"{names.INFO}{{{environment.matcher}}}", "Cluster", narrows=bool)


def is_recorded(selector: Selector) -> bool:
    """Whether its series are of SLOs or of alerts: recorded, whatever they are made of."""
    return selector.metric.startswith(("slo:", "ALERTS"))


def narrowed(expr: str, variables: Sequence[Variable]) -> str:
    """A PromQL expression whose selectors have the matchers of the variables that narrow them."""

    def more(selector: str) -> list[str]:
        parsed = _parsed(selector)
        return [variable.matcher for variable in variables if variable.narrows(parsed)]

    return with_matchers(expr, more)


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
