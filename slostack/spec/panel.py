"""Graphs of a service's own."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from slostack.spec.fields import (
    PlainText,
    Text,
)
from slostack.spec.part import Part
from slostack.spec.quantities import PromQL


class PanelLine(Part):
    """A line of a graph, or one for each series that its expression returns."""

    expr: PromQL = Field(description="A PromQL expression.")
    legend: Text = Field(description="What the line is called; `{{label}}` is replaced by the label's value.")


class Panel(Part):
    """A graph on the service's dashboard."""

    title: PlainText = Field(description="Unique in the service.")
    description: PlainText | None = Field(None, description="What it shows, and what is good or bad about it.")
    unit: Literal["short", "percentunit", "s", "decbytes", "Bps", "ops", "reqps", "currencyUSD"] = Field(
        "short", description="The Grafana unit of its values."
    )
    lines: tuple[PanelLine, ...] = Field(strict=False, min_length=1, description="What it draws.")
