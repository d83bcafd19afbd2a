"""What an SLO file says of a service's readiness: what people attest, and the parts that it has or hasn't."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from slostack.spec.fields import PlainText, Url
from slostack.spec.part import Part
from slostack.spec.quantities import Selector, mismatch
from slostack.spec.source import describe

Category = Literal[
    "error-tracking",
    "health-checks",
    "monitoring-coverage",
    "alerting",
    "logging",
    "retry-logic",
    "graceful-degradation",
    "backups",
    "incident-response",
    "runbooks",
]
CATEGORIES: tuple[Category, ...] = get_args(Category)
CoverageRow = Literal[
    "backend-api",
    "worker",
    "database",
    "redis",
    "job-queue",
    "ai-provider",
    "image-service",
    "object-storage",
    "upload-endpoint",
    "error-rates",
    "response-times",
    "uptime",
]
COVERAGE_ROWS: tuple[CoverageRow, ...] = get_args(CoverageRow)
NONE = "none"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


def _day(value: object) -> date:
    if type(value) is date:
        return value
    try:
        if isinstance(value, str) and re.fullmatch(_DAY, value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise mismatch(describe(value), "a day such as 2026-10-02")


Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "pattern": f"^{_DAY}$", "examples": ["2026-10-02"]}),
]


class Attestation(Part):
    """What people have seen for themselves, where nothing that can be queried shows it."""

    date: Day = Field(description="The day on which it was seen; after 90 days it counts half.")
    link: Url = Field(description="Where it is written down: a review, a test's report, a drill's notes.")


class CoveredPart(Part):
    """A part of the service that is to be watched."""

    name: PlainText | None = Field(None, description="What people call it, such as Gemini.")
    series: tuple[Selector, ...] = Field(
        (), strict=False, description="The series that tell how it is, instead of those that `slostack audit` knows."
    )


def _is_mapping(value: Any) -> str:
    return "(mapping)" if isinstance(value, dict | Part) else "(other)"


CoveredOrNone = Annotated[
    Annotated[CoveredPart, Tag("(mapping)")] | Annotated[Literal["none"], Tag("(other)")],
    Discriminator(_is_mapping),
]
