"""What every mapping of an SLO file has in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A mapping of an SLO file: frozen, of known keys, of values as they are written."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


def one_of(*keys: str) -> dict[str, Any]:
    """The JSON Schema of a mapping that has exactly one of these keys."""
    return {"oneOf": [{"required": [key]} for key in keys]}


def any_of(*keys: str) -> dict[str, Any]:
    """The JSON Schema of a mapping that has one of these keys or more."""
    return {"anyOf": [{"required": [key]} for key in keys]}
