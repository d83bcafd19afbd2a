"""From files of other formats to SLO files, or to every mistake in them at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic_core import PydanticCustomError

from slostack.imports import openslo, openslo_objects, pyrra, sloth
from slostack.imports.fields import Document, Fields, Note, read_documents
from slostack.imports.kubernetes import objects
from slostack.imports.mistakes import Mistakes
from slostack.imports.model import ImportedService, ImportedSlo, Team
from slostack.imports.write import runbook_text, slo_file_text
from slostack.spec import Alerting, Problem, Slo, SpecError, parse_service
from slostack.spec.fields import burn_runbook
from slostack.spec.source import describe
from slostack.spec.windows import parse_window

_FORMATS: dict[tuple[str, str], Callable[[Fields], ImportedService]] = {
    (sloth.API_VERSION, sloth.KIND): sloth.read_kubernetes,
    (pyrra.API_VERSION, pyrra.KIND): pyrra.read,
}
_EXPECTED = f"`apiVersion: {openslo_objects.API_VERSION}`, `version: {sloth.VERSION}`, " + " or ".join(
    f"`apiVersion: {version}` of kind {kind}" for version, kind in _FORMATS
)
_GROUPS = Slo.model_fields["group_limit"].default
_SLO_OF = re.compile(r"slos\[(\d+)\]")


@dataclass(frozen=True)
class Import:
    """What was read: the texts of SLO files and of runbooks by service, how many SLOs each has, what was not carried
    over, and what was filled in."""

    slo_files: dict[str, str]
    runbooks: dict[str, str]
    counts: dict[str, int]
    left: tuple[Note, ...]
    assumed: tuple[Note, ...]


def import_files(files: Sequence[tuple[Path, str]]) -> Import:
    """Reads files, each with the name that it is shown by; raises SpecError with what is wrong in any of them."""
    mistakes = Mistakes()
    documents: list[Document] = []
    services: list[ImportedService] = []
    of_openslo: list[Fields] = []
    for path, shown in files:
        with mistakes:
            found, problems = read_documents(path, shown)
            documents += found
            mistakes.problems += problems
            for document in found:
                with mistakes:
                    for each in objects(Fields(document)):
                        with mistakes:
                            _read(each, services, of_openslo)
    services += openslo.read(of_openslo, mistakes)
    with mistakes:
        imported = _written(_merged(services), documents)
    for document in documents:
        mistakes.problems += document.unread(beside_mistakes=bool(mistakes.problems))
    order = {shown: number for number, (_, shown) in enumerate(files)}
    mistakes.problems.sort(key=lambda problem: (order[problem.file], problem.line, problem.column))
    mistakes.check()
    if not services:
        raise SpecError((Problem(files[0][1], 1, 1, "no SLO in the files, expected at least one"),))
    return imported


def _read(document: Fields, services: list[ImportedService], of_openslo: list[Fields]) -> None:
    """Reads one object by its format; those of OpenSLO refer to each other and are read when all are known."""
    version = document.value("apiVersion")
    kind = document.value("kind")
    if version == openslo_objects.API_VERSION:
        of_openslo.append(document)
    elif document.data.get("version") == sloth.VERSION and version is None:
        services.append(sloth.read_plain(document))
    elif reader := _FORMATS.get((str(version), str(kind))):
        services.append(reader(document))
    else:
        key = "apiVersion" if version is not None else "version"
        found = describe(document.value(key)) if document.data.get(key) is not None else "missing"
        of_kind = f" of kind {kind!r}" if kind is not None else ""
        raise document.error(key, f"{found}{of_kind}, expected {_EXPECTED}")


def _merged(services: Iterable[ImportedService]) -> list[ImportedService]:
    """One service for each name; raises SpecError where two of its SLOs have the same name."""
    by_name: dict[str, list[ImportedService]] = {}
    for service in services:
        by_name.setdefault(service.name, []).append(service)
    merged: list[ImportedService] = []
    for _, parts in sorted(by_name.items()):
        _leave_other_teams(parts)
        service = replace(
            parts[0],
            slos=tuple(slo for part in parts for slo in part.slos),
            format=" and ".join(dict.fromkeys(part.format for part in parts)),
            description=next((part.description for part in parts if part.description), None),
            teams=tuple(team for part in parts for team in part.teams),
        )
        merged.append(service)
    problems = [problem for service in merged for problem in _repeated(service)]
    if problems:
        raise SpecError(tuple(problems))
    return merged


def _leave_other_teams(parts: list[ImportedService]) -> None:
    """Leaves out the teams of a service's SLOs but for the first: an SLO file has one."""
    teams = [(team, [slo.name for slo in part.slos]) for part in parts for team in part.teams]
    slos_of_others: dict[Team, list[str]] = {}
    for team, slos in teams:
        if team.name != teams[0][0].name:
            slos_of_others.setdefault(team, []).extend(slos)
    for team, slos in slos_of_others.items():
        kept = f"the service {parts[0].name!r} has one team, here {teams[0][0].name!r}"
        team.leave(f"the team {team.name!r} of {', '.join(slos)}: {kept}")


def _repeated(service: ImportedService) -> Iterable[Problem]:
    first: dict[str, ImportedSlo] = {}
    for slo in service.slos:
        if slo.name in first:
            place = _problem(first[slo.name], "")
            what = (
                f"a second SLO {slo.name!r} of {service.name} (first {place.file}:{place.line}), expected another name"
            )
            yield _problem(slo, what)
        first.setdefault(slo.name, slo)


def _problem(slo: ImportedSlo, message: str) -> Problem:
    return slo.origin.document.source.problem(slo.origin.path, message)


def _written(services: list[ImportedService], documents: list[Document]) -> Import:
    services = [replace(service, slos=tuple(map(_reachable, service.slos))) for service in services]
    for slo in (slo for service in services for slo in service.slos if slo.group_by):
        key = next((key for key in ("sli", "indicator") if key in slo.origin.data), _target_key(slo))
        slo.origin.assume(key, f"grouped by {', '.join(slo.group_by)}: up to {_GROUPS} label sets (`group_limit`)")
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for service in services:
        files = dict.fromkeys(slo.origin.file for slo in service.slos)
        texts[service.name] = slo_file_text(service, files)
        problems += _mistakes(service, texts[service.name])
    if problems:
        raise SpecError(tuple(dict.fromkeys(problems)))
    notes = [document.notes() for document in documents]
    return Import(
        slo_files=texts,
        runbooks={burn_runbook(service.name): runbook_text(service) for service in services},
        counts={service.name: len(service.slos) for service in services},
        left=tuple(note for left, _ in notes for note in left),
        assumed=tuple(note for _, assumed in notes for note in assumed),
    )


def _reachable(slo: ImportedSlo) -> ImportedSlo:
    """The SLO without the alerts that no error ratio could reach at its objective, which is said."""
    try:
        tiers = Alerting().policy.tiers_for(parse_window(slo.window))
    except PydanticCustomError:
        return slo
    alerting = dict(slo.alerting)
    for tier in tiers:
        threshold = tier.burn * (100 - slo.objective) / 100
        if threshold >= 1 and not tier.optional and alerting.get(tier.kind) != "none":
            alerting[tier.kind] = "none"
            why = f"no {tier.kind} alerts: at {slo.objective:.12g} %, {tier.name} would need {threshold:.0%} errors"
            slo.origin.assume("alerting" if "alerting" in slo.origin.data else _target_key(slo), why)
    return replace(slo, alerting=alerting)


def _target_key(slo: ImportedSlo) -> str:
    return next((key for key in ("target", "targetPercent", "objective") if key in slo.origin.data), "objective")


def _mistakes(service: ImportedService, text: str) -> Iterable[Problem]:
    """What is wrong with an SLO file as it would be written, at the places that it comes from."""
    try:
        parse_service(text, f"{service.name}.yaml")
    except SpecError as error:
        for problem in error.problems:
            of_slo = _SLO_OF.match(problem.message)
            origin = service.slos[int(of_slo[1])].origin if of_slo else service.origin
            yield origin.document.source.problem(origin.path, f"as an SLO file: {problem.message}")
