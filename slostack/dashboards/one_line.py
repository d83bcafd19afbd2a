"""Graphs of one expression, as data."""

from __future__ import annotations

from dataclasses import dataclass

from grafana_foundation_sdk.builders import timeseries

from slostack.dashboards import house


@dataclass(frozen=True)
class OneLine:
    """A graph of one expression; `unsaid` is a regular expression of what legends leave out."""

    key: str
    title: str
    description: str
    unit: str
    expr: str
    legend: str = "{{instance}}"
    unsaid: str = ""

    def graph(self) -> timeseries.Panel:
        """The graph as the SDK takes it."""
        panel = house.graph(self.key, self.title, self.description, self.unit, [(self.expr, self.legend)])
        return house.without_in_legends(panel, self.unsaid) if self.unsaid else panel
