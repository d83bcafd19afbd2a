"""Settings from a stack's file, or from what Pulumi hands over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from slostack.errors import SlostackError
from slostack.settings.settings import STACK_FOLDER, Settings
from slostack.spec.explain import EXPECTED_TYPES, LIMITS, dotted
from slostack.spec.source import Problem, Source, SpecError, describe, parse_yaml, read_text

_STACK_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
PROJECT = "slostack"
_NO_KEYS = ("[key]", "int", "str")
"""What pydantic names in a place that is no key of the file."""


def stack_names(root: Path) -> tuple[str, ...]:
    """The environments that have a file in stacks/."""
    return tuple(sorted(path.stem.removeprefix("Pulumi.") for path in (root / STACK_FOLDER).glob("Pulumi.*.yaml")))


def load_settings(root: Path, environment: str) -> Settings:
    """The settings of stacks/Pulumi.<environment>.yaml; raises SpecError with everything that is wrong in it."""
    if not re.fullmatch(_STACK_NAME, environment):
        raise SlostackError(f"{environment!r} is no stack's name, expected one such as local or prod-eu")
    path = root / STACK_FOLDER / f"Pulumi.{environment}.yaml"
    shown = f"{STACK_FOLDER}/{path.name}"
    if not path.is_file():
        raise _no_file(root, shown)
    return settings_of(read_text(path, shown), shown)


def settings_of(text: str, shown: str) -> Settings:
    """The settings of the text of a stack's file; `shown` names it in errors. Raises SpecError."""
    source = parse_yaml(text, shown)
    config = source.data.get("config") or {}
    plain = {
        k.removeprefix(f"{PROJECT}:"): v for k, v in config.items() if k.startswith(f"{PROJECT}:") and not _secret(v)
    }
    return _validated(plain, source)


def parse_settings(config: Mapping[str, Any], stack: str, root: Path | None = None) -> Settings:
    """The settings of a stack's plain config values by key; raises SpecError that names key and stack, and the place in
    the stack's file where that is below a project's root. There a stack without a file and values has just been made,
    by a name that is none of the stacks'."""
    shown = f"{STACK_FOLDER}/Pulumi.{stack}.yaml"
    path = root / shown if root else None
    is_there = path is not None and path.is_file()
    if root and not is_there and not config:
        raise _no_file(root, shown)
    text = read_text(path, shown) if path and is_there else "{}"
    return _validated(dict(config), parse_yaml(text, shown))


def _no_file(root: Path, shown: str) -> SlostackError:
    known = ", ".join(stack_names(root)) or "(none)"
    return SlostackError(f"no {shown}, expected one of the stacks {known}")


def _validated(config: dict[str, Any], source: Source) -> Settings:
    try:
        return Settings.model_validate(config, context={"file": source.file})
    except ValidationError as error:
        problems = (_problem(source, detail) for detail in error.errors())
        raise SpecError(tuple(dict.fromkeys(problems))) from None


def _problem(source: Source, detail: ErrorDetails) -> Problem:
    """A mistake at its key; the members of a union, which pydantic names, are no keys."""
    at_key = detail["loc"][-1] == "[key]"
    path = tuple(step for step in detail["loc"] if step not in _NO_KEYS)
    path += detail.get("ctx", {}).get("at", ())
    head, *rest = path
    return source.problem(
        ("config", f"{PROJECT}:{head}", *rest), f"{PROJECT}:{dotted(path)}: {_what(detail)}", at_key=at_key
    )


def _secret(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _what(detail: ErrorDetails) -> str:
    found = describe(detail["input"])
    match detail["type"]:
        case "missing":
            return "missing, expected a value"
        case "extra_forbidden":
            return "unknown key, expected one that `slostack docs environments` lists"
        case "mismatch":
            return detail["msg"]
        case "literal_error":
            return f"{found}, expected {detail['ctx']['expected']}"
        case "bool_type":
            return f"{found}, expected true or false"
        case "string_type" if isinstance(detail["input"], int | float):
            return f"{found}, expected text in quotes"
        case kind if kind in EXPECTED_TYPES:
            return f"{found}, expected {EXPECTED_TYPES[kind]}"
        case kind if kind in LIMITS:
            words, limit = LIMITS[kind]
            return f"{found}, expected {words} {detail['ctx'][limit]:,.12g}"
        case _:
            return f"{found}, expected another value ({detail['msg']})"
