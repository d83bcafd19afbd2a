"""Known incidents, from a YAML file: what alerts are held against."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from slostack.spec.fields import Name, PlainText, ServiceName
from slostack.spec.quantities import mismatch
from slostack.spec.source import KeyPath, SpecError, describe, parse_yaml, read_text

_A_TIME = "a time with its zone, such as 2026-11-03T10:15:00Z"
_STRICT = ConfigDict(frozen=True, extra="forbid")


class Incident(BaseModel):
    """A time in which users suffered, by people's judgement."""

    model_config = _STRICT

    title: PlainText = Field(description="What people call it")
    service: ServiceName = Field(description="the service whose SLOs should have told")
    slo: Name | None = Field(None, description="the one SLO that should have told")
    start: AwareDatetime = Field(description=_A_TIME)
    end: AwareDatetime = Field(description=_A_TIME)

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.end <= self.start:
            raise mismatch(f"{self.end.isoformat()}", f"a time after its start ({self.start.isoformat()})", "end")
        return self

    def concerns(self, service: str, slo: str) -> bool:
        """Whether an SLO should have told of it."""
        return self.service == service and self.slo in (None, slo)


class _IncidentFile(BaseModel):
    model_config = _STRICT

    incidents: tuple[Incident, ...] = Field(min_length=1, description="a list of at least one incident")


def load_incidents(path: Path, shown: str) -> tuple[Incident, ...]:
    """The incidents of a file, by their start; raises SpecError with all that is wrong in it, by `shown` and line."""
    source = parse_yaml(read_text(path, shown), shown)
    try:
        found = _IncidentFile.model_validate(source.data)
    except ValidationError as error:
        mistakes = [each for each in error.errors() if each["type"] != "too_short" or not each["input"]]
        problems = {source.problem(*_explained(mistake)) for mistake in mistakes}
        raise SpecError(tuple(sorted(problems, key=lambda each: (each.line, each.column, each.message)))) from None
    return tuple(sorted(found.incidents, key=lambda incident: (incident.start, incident.title)))


def utc(at: datetime) -> datetime:
    """The same time in UTC."""
    return at.astimezone(UTC)


def _explained(detail: ErrorDetails) -> tuple[KeyPath, str]:
    path: KeyPath = (*detail["loc"], *detail.get("ctx", {}).get("at", ()))
    key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
    return path, f"{key}: {_what(detail, path)}"


def _what(detail: ErrorDetails, path: KeyPath) -> str:
    model = Incident if len(path) > 1 else _IncidentFile
    field = model.model_fields.get(str(path[-1])) if path else None
    about = field.description if field else "a mapping with title, service, start and end"
    found: Any = detail["input"]
    match detail["type"]:
        case "mismatch":
            return detail["msg"]
        case "missing":
            return f"missing, expected {about}"
        case "extra_forbidden":
            return f"unknown key, expected one of {', '.join(model.model_fields)}"
        case "too_short":
            return f"an empty list, expected {about}"
    return f"{describe(found)}, expected {about}"
