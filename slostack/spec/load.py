"""From an SLO file to the model, or to every mistake in it at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from slostack.errors import SlostackError
from slostack.spec.model import Alert, Probe, Scrape, Service, Slo
from slostack.spec.source import KeyPath, Problem, Source, SpecError, describe, parse_yaml, read_text

SLO_FOLDER = "slos"
RUNBOOK_FOLDER = "runbooks"

_NAMED_LISTS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("slos", "name", Slo),
    ("alerts", "name", Alert),
    ("probes", "name", Probe),
    ("scrape", "job", Scrape),
)
_EXPECTED_TYPES = {
    "string_type": "text",
    "float_type": "a number",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_PATTERNS = {
    "name": "lower-case words joined by hyphens, such as quiz-latency",
    "AlertName": "a CamelCase name, such as ServiceDown",
    "path": "a path that starts with /",
}


def load_service(path: Path, root: Path) -> Service:
    """The service of one SLO file of the project at `root`; raises SpecError with all that is wrong in it."""
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    service = parse_service(read_text(path, shown), shown, runbooks=root / RUNBOOK_FOLDER)
    if service.service != path.stem:
        what = f"service {service.service!r} in {path.name}, expected the file to be named {service.service}.yaml"
        raise SpecError((Problem(shown, 1, 1, what),))
    return service


def load_services(root: Path, files: Iterable[Path] | None = None) -> tuple[Service, ...]:
    """The services of the given SLO files, or of all in slos/, by name; raises SpecError for all files at once."""
    chosen = sorted(files) if files is not None else sorted((root / SLO_FOLDER).glob("*.y*ml"))
    if not chosen:
        raise SlostackError(
            f"no SLO file in {SLO_FOLDER}/, expected {SLO_FOLDER}/<service>.yaml; `slostack new` writes one"
        )
    services: list[Service] = []
    problems: list[Problem] = []
    for file in chosen:
        try:
            services.append(load_service(file, root))
        except SpecError as error:
            problems.extend(error.problems)
    if problems:
        raise SpecError(tuple(problems))
    return tuple(sorted(services, key=lambda service: service.service))


def parse_service(text: str, shown: str, runbooks: Path | None = None) -> Service:
    """The service of an SLO file's text; `shown` names it in errors. Runbooks are looked up where a folder is given."""
    source = parse_yaml(text, shown)
    context = {"runbooks": runbooks}
    problems = list(_repeated_names(source))
    try:
        service = Service.model_validate(source.data, context=context)
    except ValidationError as error:
        problems += [_problem(source, detail) for detail in error.errors() if not _only_bad_items(detail)]
        problems += _hidden_by_others(source, error, context)
    if problems:
        raise SpecError(tuple(sorted(set(problems), key=lambda p: (p.line, p.column, p.message))))
    return service


def _repeated_names(source: Source) -> Iterator[Problem]:
    for key, name_key, _ in _NAMED_LISTS:
        items = source.data.get(key)
        first: dict[Any, int] = {}
        for index, item in enumerate(items if isinstance(items, list) else []):
            name = item.get(name_key) if isinstance(item, dict) else None
            if isinstance(name, str) and name in first:
                line = source.values[(key, first[name], name_key)][0]
                yield source.problem(
                    (key, index, name_key),
                    f"{key}[{index}].{name_key}: {name!r} again (first on line {line}), expected a name of its own",
                )
            elif isinstance(name, str):
                first[name] = index


def _hidden_by_others(source: Source, error: ValidationError, context: dict[str, Any]) -> list[Problem]:
    """What an item's own checks find once its unknown keys, which hide those checks, are set aside."""
    unknown = [detail["loc"] for detail in error.errors() if detail["type"] == "extra_forbidden"]
    found = []
    for key, _, model in _NAMED_LISTS:
        for index in {loc[1] for loc in unknown if loc[0] == key and len(loc) > 2 and isinstance(loc[1], int)}:
            item = source.data[key][index]
            for loc in unknown:
                if loc[:2] == (key, index):
                    item = _without(item, loc[2:])
            try:
                model.model_validate(item, context=context)
            except ValidationError as inner:
                for detail in inner.errors():
                    found.append(_problem(source, {**detail, "loc": (key, index, *detail["loc"])}))
    return found


def _without(data: Any, path: KeyPath) -> Any:
    """Nested data without the value at a path."""
    if not isinstance(data, dict):
        return data
    head, rest = path[0], path[1:]
    return {k: _without(v, rest) if k == head else v for k, v in data.items() if rest or k != head}


def _only_bad_items(detail: ErrorDetails) -> bool:
    """Whether a list counts as too short merely because its items are wrong, which is said of each."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _problem(source: Source, detail: ErrorDetails) -> Problem:
    path = _path_in_file(source, detail["loc"])
    where = _dotted(path)
    match detail["type"]:
        case "missing":
            return source.problem(path[:-1], f"{where}: missing, expected {_about(path)}")
        case "extra_forbidden":
            known = _known_keys(path[:-1])
            close = difflib.get_close_matches(str(path[-1]), known, n=1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            return source.problem(path, f"{where}: unknown key{hint}, expected one of {', '.join(known)}", at_key=True)
        case "mismatch":
            return source.problem(path, f"{where}: {detail['msg']}" if where else detail["msg"])
        case "string_pattern_mismatch":
            field = "AlertName" if path[0] == "alerts" and path[-1] == "name" else str(path[-1])
            return source.problem(
                path,
                f"{where}: {describe(detail['input'])}, expected {_PATTERNS.get(field, _PATTERNS['name'])}",
            )
        case "too_short":
            return source.problem(path, f"{where}: an empty list, expected at least one")
        case "string_too_short":
            return source.problem(path, f"{where}: empty text, expected {_about(path)}")
        case "literal_error":
            return source.problem(path, f"{where}: {describe(detail['input'])}, expected {detail['ctx']['expected']}")
        case kind if kind in _EXPECTED_TYPES:
            return source.problem(path, f"{where}: {describe(detail['input'])}, expected {_EXPECTED_TYPES[kind]}")
        case _:
            reason = detail["msg"].removeprefix("Value error, ")
            return source.problem(path, f"{where}: {describe(detail['input'])}, expected another value ({reason})")


def _path_in_file(source: Source, loc: tuple[int | str, ...]) -> KeyPath:
    """A pydantic location without the names of union members, which are not keys of the file."""
    path: list[str | int] = []
    for step in loc:
        if isinstance(step, int) or step in _FIELD_NAMES or (*path, step) in source.values:
            path.append(step)
    return tuple(path)


def _dotted(path: KeyPath) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _model_at(path: KeyPath) -> type[BaseModel]:
    model: type[BaseModel] = Service
    for step in path:
        if isinstance(step, int):
            continue
        field = _fields(model).get(step)
        inner = _model_in(field.annotation) if field else None
        if inner is None:
            return model
        model = inner
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for argument in get_args(annotation) if (model := _model_in(argument))), None)


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _known_keys(path: KeyPath) -> list[str]:
    return list(_fields(_model_at(path)))


def _about(path: KeyPath) -> str:
    field = _fields(_model_at(path[:-1])).get(str(path[-1]))
    text = (field.description or "") if field else ""
    return text[:1].lower() + text[1:].rstrip(".") if text else f"a value for {path[-1]!r}"


def _all_field_names(model: type[BaseModel]) -> set[str]:
    names = set(_fields(model))
    for field in _fields(model).values():
        if inner := _model_in(field.annotation):
            names |= _all_field_names(inner)
    return names


_FIELD_NAMES = _all_field_names(Service)
