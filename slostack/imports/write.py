"""Imported services as the text of SLO files and of their runbooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from slostack.imports.model import ImportedService, ImportedSlo
from slostack.rules import scalar
from slostack.spec.fields import burn_runbook

_ENVIRONMENT = Environment(
    loader=PackageLoader("slostack.imports"), autoescape=False, undefined=StrictUndefined, keep_trailing_newline=True
)
_LONGEST_LINE = 110


def slo_file_text(service: ImportedService, files: Iterable[str]) -> str:
    """The text of a service's SLO file; `files` are those that it was imported from."""
    lines = [
        "# yaml-language-server: $schema=../schemas/slo.schema.json",
        f"# Imported from {service.format} ({', '.join(map(_public, files))}). "
        "`slostack docs slo-files` explains every key.",
        f"service: {scalar.key(service.name)}",
    ]
    if service.description:
        lines.append(f"description: {scalar.key(_one_line(service.description))}")
    else:
        lines.append(f"description: What {service.name} does for its users, in one sentence # to edit")
    team = scalar.key(service.teams[0].name if service.teams else service.name)
    lines.append(f"team: {team}" + ("" if service.teams else " # to edit: the owner team, by which alerts are routed"))
    lines += ["", "slos:"]
    for slo in service.slos:
        lines += [*_slo(slo, service.name), ""]
    return "\n".join(lines[:-1]) + "\n"


def _public(file: str) -> str:
    """A file's path below the project; of a file elsewhere, its name alone."""
    path = PurePath(file)
    return path.name if path.is_absolute() or ".." in path.parts else file


def runbook_text(service: ImportedService) -> str:
    """A first runbook of a service's SLOs, for its team to fill."""
    links = dict.fromkeys(link for slo in service.slos for link in slo.runbooks)
    slos = [{"name": slo.name, "description": _description(slo)} for slo in service.slos]
    template = _ENVIRONMENT.get_template("error-budget-burn.md.j2")
    return template.render(service=service.name, slos=slos, links=[*links])


def _slo(slo: ImportedSlo, service: str) -> Iterator[str]:
    yield f"  - name: {scalar.key(slo.name)}"
    to_edit = "" if slo.description else " # to edit: what users get while it is met"
    yield f"    description: {scalar.key(_description(slo))}{to_edit}"
    yield f"    objective: {slo.objective:.12g}"
    yield f"    window: {slo.window}"
    if slo.group_by:
        yield f"    group_by: [{', '.join(map(_flow, slo.group_by))}]"
    yield "    sli:"
    yield from _mapping(slo.sli, "      ")
    for key in ("labels", "page_labels", "ticket_labels", "annotations"):
        if values := getattr(slo, key):
            yield f"    {key}:"
            yield from _mapping(values, "      ")
    alerting = {"page": "critical", "ticket": "medium", **slo.alerting}
    plain = {key: value for key, value in alerting.items() if not isinstance(value, Mapping)}
    if len(plain) == len(alerting):
        yield f"    alerting: {_flow_mapping(alerting)}"
    else:
        yield "    alerting:"
        yield from _mapping(alerting, "      ")
    yield f"    runbook: {burn_runbook(service)}"


def _description(slo: ImportedSlo) -> str:
    return _one_line(slo.description or slo.name.replace("-", " ").capitalize())


def _mapping(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in values.items():
        match value:
            case Mapping() if set(value) <= {"for", "severity", "share"}:
                yield f"{indent}{key}: {_flow_mapping(value)}"
            case Mapping():
                yield f"{indent}{key}:"
                yield from _mapping(value, indent + "  ")
            case str():
                yield f"{indent}{scalar.key(key)}: {scalar.value(_query_text(value), indent)}"
            case _:
                yield f"{indent}{key}: {value:.12g}"


def _query_text(text: str) -> str:
    """A query on one line where it fits and has no comments."""
    joined = _one_line(text)
    if "\n" not in text or (len(joined) <= _LONGEST_LINE and "#" not in text and not _quotes_newline(text)):
        return joined if "\n" in text else text
    return "\n".join(line.rstrip() for line in text.strip().expandtabs().splitlines() if line.strip())


def _quotes_newline(text: str) -> bool:
    """Whether a line may end within quotes, where it must be kept."""
    return any(line.count(quote) % 2 for line in text.splitlines() for quote in "\"'`")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _flow_mapping(values: Mapping[str, Any]) -> str:
    shown = (f"{key}: {_flow(value) if isinstance(value, str) else f'{value:.12g}'}" for key, value in values.items())
    return f"{{{', '.join(shown)}}}"


def _flow(text: str) -> str:
    return scalar.key(text)
