"""The JSON Schemas of the files that people write, for editors that complete and check them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from slostack.spec.quantities import Duration
from slostack.spec.service import Service


def slo_file_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of an SLO file: its shape; what only the loader knows is left to it."""
    return schema_of(Service, "SLO file")


def schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    """The JSON Schema of a file by its model."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_as_written(model.model_json_schema(by_alias=True)),
        "title": title,
    }


def _as_written(schema: Any) -> Any:
    """Pydantic's schema without its titles, and with optional keys and defaults as people write them."""
    if isinstance(schema, list):
        return [_as_written(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    written = {
        key: _as_written(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))
    }
    if isinstance(written.get("default"), dict):
        written["default"] = str(Duration(**written["default"])) if written["default"] else None
    match [each for each in written.get("anyOf", ()) if each != {"type": "null"}]:
        case [dict() as value]:
            del written["anyOf"]
            written = {**value, **written}
        case [_, _, *_] as values:
            written["anyOf"] = values
    if "default" in written and written["default"] is None:
        del written["default"]
    return written
