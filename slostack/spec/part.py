"""What every mapping of an SLO file has in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from slostack.spec.quantities import mismatch


class Part(BaseModel):
    """A mapping of an SLO file: frozen, of known keys, of values as they are written."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


def one_of(*keys: str) -> dict[str, Any]:
    """The JSON Schema of a mapping that has exactly one of these keys."""
    return {"oneOf": [{"required": [key]} for key in keys]}


def any_of(*keys: str) -> dict[str, Any]:
    """The JSON Schema of a mapping that has one of these keys or more."""
    return {"anyOf": [{"required": [key]} for key in keys]}


def exactly_one(part: Part, *keys: str) -> str:
    """The one of these keys that is set; raises PydanticCustomError where it isn't exactly one."""
    found = [key for key in keys if getattr(part, key) is not None]
    if len(found) != 1:
        if len(keys) == 2:
            first, second = keys
            what = f"both `{first}` and `{second}`" if found else f"neither `{first}` nor `{second}`"
            raise mismatch(what, "one of the two")
        raise mismatch(" and ".join(f"`{key}`" for key in found) or "none of them", f"exactly one of {', '.join(keys)}")
    return found[0]
