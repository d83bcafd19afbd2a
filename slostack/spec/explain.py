"""What is wrong with a value of a file that people write, in words."""

from __future__ import annotations

import difflib
import re
from datetime import date
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from slostack.spec.service import Service
from slostack.spec.signals import Signals, every_signal
from slostack.spec.source import KeyPath, Problem, Source, describe

EXPECTED_TYPES = {
    "string_type": "text",
    "float_type": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}
_EXPONENT = re.compile(r"[-+]?[0-9.]*[0-9]\.?[eE][-+]?[0-9]{1,2}")
LIMITS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}
_PATTERNS = {
    "name": "lower-case words joined by hyphens, such as quiz-latency",
    "AlertName": "a CamelCase name, such as ServiceDown",
    "silenced_by": "the name of an alert, such as ServiceDown, or of an SLO's pages, such as ErrorBudgetBurn checkout",
    "path": "a path that starts with / and has no spaces",
}


def explain(source: Source, detail: ErrorDetails, model: type[BaseModel] = Service) -> Problem:
    """A mistake that pydantic found as a Problem: where it is in the file, what was found, what is expected there by
    the file's model."""
    path = _path_in_file(source, detail["loc"], model)
    path += detail.get("ctx", {}).get("at", ())
    at_key = detail["type"] == "extra_forbidden" or detail["loc"][-1:] == ("[key]",)
    return source.problem(path, f"{dotted(path)}: {_what(detail, path, model)}", at_key=at_key)


def only_bad_items(detail: ErrorDetails) -> bool:
    """Whether a list counts as too short merely because its items are wrong, which is said of each."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _what(detail: ErrorDetails, path: KeyPath, model: type[BaseModel]) -> str:
    found = describe(detail["input"])
    match detail["type"]:
        case "missing":
            return f"missing, expected {about(path, model)}"
        case "extra_forbidden":
            known = known_keys(path[:-1], model)
            close = difflib.get_close_matches(str(path[-1]), known, n=1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            return f"unknown key{hint}, expected one of {', '.join(known)}"
        case _ if detail["input"] is None and path and path[-1] in known_keys(path[:-1], model):
            return f"empty, expected {about(path, model)}"
        case "mismatch":
            return detail["msg"]
        case "string_pattern_mismatch":
            field = "AlertName" if path[0] == "alerts" and path[-1] == "name" else str(path[-1])
            return f"{found}, expected {_PATTERNS.get(field, _PATTERNS['name'])}"
        case "too_short":
            return "an empty list, expected at least one"
        case "string_too_long":
            return f"{len(detail['input'])} characters, expected at most {detail['ctx']['max_length']}"
        case "string_too_short" if detail["loc"][-1] == "[key]":
            return "an empty key, expected a name"
        case "string_too_short":
            return f"empty text, expected {about(path, model)}"
        case "literal_error":
            return f"{found}, expected {detail['ctx']['expected']}"
        case "string_type" if isinstance(detail["input"], int | float | date):
            return f"{found}, expected text in quotes"
        case "float_type" if isinstance(detail["input"], str) and _EXPONENT.fullmatch(detail["input"]):
            number = f"{float(detail['input']):f}".rstrip("0").rstrip(".")
            return f"{found}, expected a number that YAML takes for one: {number}"
        case "string_type" if isinstance(detail["input"], dict):
            return f"{found}, expected text (in quotes, where it begins with a brace)"
        case kind if kind in EXPECTED_TYPES:
            return f"{found}, expected {EXPECTED_TYPES[kind]}"
        case kind if kind in LIMITS:
            words, limit = LIMITS[kind]
            return f"{found}, expected {words} {detail['ctx'][limit]:,.12g}"
        case _:
            return f"{found}, expected another value ({detail['msg'].removeprefix('Value error, ')})"


def _path_in_file(source: Source, loc: tuple[int | str, ...], model: type[BaseModel]) -> KeyPath:
    """A pydantic location without the names of union members, which are not keys of the file."""
    path: list[str | int] = []
    for step in loc:
        if isinstance(step, int) or step in _all_field_names(model) or (*path, step) in source.values:
            path.append(step)
    return tuple(path)


def dotted(path: KeyPath) -> str:
    """A path as people write it: `slos[0].sli.events`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _model_at(path: KeyPath, model: type[BaseModel]) -> type[BaseModel]:
    named = False
    for step in path:
        if isinstance(step, int) or named:
            named = False
            continue
        annotation = field.annotation if (field := _fields(model).get(step)) else None
        inner = _model_in(annotation)
        if inner is None:
            return model
        model, named = inner, isinstance(origin := get_origin(annotation), type) and issubclass(origin, dict)
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if annotation is Signals:
        return every_signal()
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for argument in get_args(annotation) if (model := _model_in(argument))), None)


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def known_keys(path: KeyPath, model: type[BaseModel] = Service) -> list[str]:
    """The keys that the mapping at a path may have."""
    return list(_fields(_model_at(path, model)))


def about(path: KeyPath, model: type[BaseModel] = Service) -> str:
    """What the model says of a key, to follow the word "expected"."""
    field = _fields(_model_at(path[:-1], model)).get(str(path[-1]))
    text = (field.description or "") if field else ""
    return text[:1].lower() + text[1:].rstrip(".") if text else f"a value for {path[-1]!r}"


@cache
def _all_field_names(model: type[BaseModel]) -> frozenset[str]:
    names = set(_fields(model))
    for field in _fields(model).values():
        if inner := _model_in(field.annotation):
            names |= _all_field_names(inner)
    return frozenset(names)
