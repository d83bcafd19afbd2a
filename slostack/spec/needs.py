"""What a service needs that is managed elsewhere, as exporters see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from slostack.spec.fields import LabelName, Text
from slostack.spec.part import Part

Need = Literal["postgres", "redis", "rds", "json"]
SIGNALS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "postgres": ("postgres", {"reachable": "pg_up", "limit": "pg_settings_max_connections"}),
    "redis": ("redis", {"reachable": "redis_up"}),
    "rds": ("rds", {}),
}
"""The signal that a need switches on where the file has none of that name, and its parameters: what exporters call
things."""
MetricName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=200)]
JsonPath = Annotated[str, StringConstraints(pattern=r"^\{.+\}$", max_length=500)]


class JsonMetric(Part):
    """A number in what a JSON endpoint answers, as a metric."""

    name: MetricName = Field(description="What the metric is called.")
    path: JsonPath = Field(description="Where the number is, such as `{ .jobs.failed }`.")
    type: Literal["counter", "gauge"] = Field("gauge", description="Whether it only rises.")
    help: Text | None = Field(None, description="What it counts.")
    labels: dict[LabelName, JsonPath | Text] = Field(
        default_factory=dict, description="Its labels: a text, or where one is."
    )


def need_job(service: str, need: str) -> str:
    """The scrape job of the exporter that sees what a service needs."""
    return f"{service}-{need}"
