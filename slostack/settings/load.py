"""Settings from a stack's file, or from what Pulumi hands over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from slostack.errors import SlostackError
from slostack.settings.settings import Settings
from slostack.spec.source import Problem, SpecError, describe, parse_yaml, read_text

_STACK_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
PROJECT = "slostack"
STACK_FOLDER = "stacks"


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
        known = ", ".join(stack_names(root)) or "(none)"
        raise SlostackError(f"no {shown}, expected one of the stacks {known}")
    source = parse_yaml(read_text(path, shown), shown)
    config = source.data.get("config") or {}
    plain = {
        k.removeprefix(f"{PROJECT}:"): v for k, v in config.items() if k.startswith(f"{PROJECT}:") and not _secret(v)
    }
    try:
        return Settings.model_validate(plain)
    except ValidationError as error:
        problems = []
        for detail in error.errors():
            head, *rest = detail["loc"]
            path_in_file = ("config", f"{PROJECT}:{head}", *rest)
            problems.append(source.problem(path_in_file, f"{PROJECT}:{_sentence(detail['loc'], detail)}"))
        raise SpecError(tuple(dict.fromkeys(problems))) from None


def parse_settings(config: Mapping[str, Any], stack: str) -> Settings:
    """The settings of a stack's plain config values by key; raises SpecError that names key and stack."""
    try:
        return Settings.model_validate(dict(config))
    except ValidationError as error:
        shown = f"{STACK_FOLDER}/Pulumi.{stack}.yaml"
        raise SpecError(
            tuple(Problem(shown, 1, 1, f"{PROJECT}:{_sentence(d['loc'], d)}") for d in error.errors())
        ) from None


def _secret(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _sentence(loc: tuple[int | str, ...], detail: Any) -> str:
    key = ".".join(map(str, loc))
    if detail["type"] == "missing":
        return f"{key}: missing, expected a value"
    if detail["type"] == "extra_forbidden":
        return f"{key}: unknown key, expected one that docs/environments.md lists"
    if detail["type"] == "mismatch":
        return f"{key}: {detail['msg']}"
    return f"{key}: {describe(detail['input'])}, expected otherwise ({detail['msg']})"
