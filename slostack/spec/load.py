"""From an SLO file to the model, or to every mistake in it at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from slostack import names
from slostack.errors import SlostackError
from slostack.files import shown_path
from slostack.spec.explain import about, dotted, explain, known_keys, only_bad_items
from slostack.spec.folder import folder_files
from slostack.spec.needs import need_job
from slostack.spec.policy import Policies
from slostack.spec.policy_files import load_policies
from slostack.spec.scrape import Probe, Scrape
from slostack.spec.service import Service
from slostack.spec.signal_alerts import Expanded, expanded
from slostack.spec.slo import Slo
from slostack.spec.source import KeyPath, Problem, Source, SpecError, describe, parse_yaml, read_text
from slostack.spec.switched_on import switched_on

SLO_FOLDER = "slos"
RUNBOOK_FOLDER = "runbooks"

_NAMED_LISTS = {
    "slos": "name",
    "log_counts": "name",
    "alerts": "name",
    "panels": "title",
    "probes": "name",
    "scrape": "job",
}
_MODELS: dict[str, type[BaseModel]] = {"slos": Slo, "probes": Probe, "scrape": Scrape}
_STAND_INS: dict[str, dict[str, Any]] = {
    "slos": {
        "name": "stand-in",
        "description": "stand-in",
        "sli": {"events": {"bad": "stand_in_bad", "total": "stand_in_total"}},
        "runbook": "stand-in.md",
    },
    "probes": {"name": "stand-in", "path": "/"},
    "scrape": {"job": "stand-in", "path": "/"},
}
"""Right values of the keys on which an item's own checks don't depend."""
_GIVEN = {"slos": {"runbook": _STAND_INS["slos"]["runbook"]}}
"""What an item has of its service where it says nothing."""


def load_service(path: Path, root: Path) -> Service:
    """The service of one SLO file of the project at `root`; raises SpecError with all that is wrong in it, or in a file
    of a policy."""
    policies, problems = load_policies(root)
    if problems:
        raise SpecError(problems)
    return _service(_source(path, root), root / RUNBOOK_FOLDER, policies, path.name)


def slo_file(root: Path, service: str) -> Path:
    """Where a service's SLO file is."""
    return root / SLO_FOLDER / f"{service}.yaml"


def named_service(root: Path, name: str) -> Service:
    """The service of this name; raises SlostackError where it has no SLO file, SpecError where that is wrong."""
    path = slo_file(root, name)
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in path.parent.glob("*.yaml"))) or "(none)"
        raise SlostackError(f"no SLO file of {name!r}, expected one of {known}")
    return load_service(path, root)


def slo_files(root: Path) -> tuple[tuple[Path, ...], tuple[Problem, ...]]:
    """The files in slos/, and what is wrong with the names of others there; raises SlostackError where it is empty."""
    found = folder_files(root, SLO_FOLDER, ".yaml", f"SLO files alone, as {SLO_FOLDER}/<service>.yaml")
    if not any(found):
        raise SlostackError(
            f"no SLO file in {SLO_FOLDER}/, expected {SLO_FOLDER}/<service>.yaml; `slostack new` writes one"
        )
    return found


@dataclass(frozen=True)
class Job:
    """A scrape job or a probe, of which Prometheus takes a name once, and where an SLO file names it."""

    name: str
    key: str
    file: str
    line: int
    column: int


def load_with_jobs(path: Path, root: Path, policies: Policies) -> tuple[Service, tuple[Job, ...]]:
    """`load_service` with the project's policies, and the jobs whose names no other service may have (see
    `repeated_jobs`)."""
    source = _source(path, root)
    service = _service(source, root / RUNBOOK_FOLDER, policies, path.name)
    scraped: dict[KeyPath, str] = {("scrape", i, "job"): scrape.job for i, scrape in enumerate(service.scrape)}
    probed: dict[KeyPath, str] = {
        ("probes", i, "name"): names.probe_job(service.service, probe.name) for i, probe in enumerate(service.probes)
    }
    needed: dict[KeyPath, str] = {("needs", i): need_job(service.service, need) for i, need in enumerate(service.needs)}
    named = {**scraped, **probed, **needed}
    jobs = (Job(name, dotted(key), source.file, *source.values[key]) for key, name in named.items())
    return service, tuple(jobs)


def repeated_jobs(jobs: Iterable[Job]) -> Iterator[Problem]:
    """Jobs of a name that another has already."""
    first: dict[str, Job] = {}
    for job in jobs:
        other = first.setdefault(job.name, job)
        if other is not job:
            place = f"{other.file}:{other.line}:{other.column}"
            what = f"{job.key}: the job {job.name!r} is in {place} already, expected a name of its own"
            yield Problem(job.file, job.line, job.column, what)


def load_services(root: Path, files: Iterable[Path] | None = None) -> tuple[Service, ...]:
    """The services of the given SLO files, or of all in slos/, by name; raises SpecError for all files at once."""
    chosen, misplaced = slo_files(root) if files is None else (tuple(sorted(set(files))), ())
    policies, wrong_policies = load_policies(root)
    services: list[Service] = []
    jobs: list[Job] = []
    problems = [*misplaced, *wrong_policies]
    for file in chosen:
        try:
            service, its_jobs = load_with_jobs(file, root, policies)
            services.append(service)
            jobs += its_jobs
        except SpecError as error:
            problems.extend(error.problems)
    problems += repeated_jobs(jobs)
    if problems:
        raise SpecError(tuple(problems))
    return tuple(sorted(services, key=lambda service: service.service))


def parse_service(text: str, shown: str, runbooks: Path | None = None, policies: Policies | None = None) -> Service:
    """The service of an SLO file's text; `shown` names it in errors. Runbooks are looked up where a folder is given,
    policies among those that ship with slostack where no others are."""
    return _service(parse_yaml(text, shown), runbooks, policies)


def _source(path: Path, root: Path) -> Source:
    shown = shown_path(path, root)
    return parse_yaml(read_text(path, shown), shown)


def _service(source: Source, runbooks: Path | None, policies: Policies | None, file_name: str | None = None) -> Service:
    context = {"runbooks": runbooks, "policies": policies}
    problems = [*_repeated_names(source), *_empty_values(source, source.data, ())]
    try:
        service = Service.model_validate(source.data, context=context)
    except ValidationError as error:
        problems += [explain(source, detail) for detail in error.errors() if not _is_told_elsewhere(detail)]
        problems += _hidden_by_others(source, error, policies)
    if file_name is not None and not any(p.message.startswith("service:") for p in problems):
        problems += _misnamed(source, file_name)
    if not problems:
        service, problems = switched_on(source, service, runbooks)
    if problems:
        raise SpecError(tuple(sorted(set(problems), key=lambda p: (p.line, p.column, p.message))))
    return service


def _is_told_elsewhere(detail: ErrorDetails) -> bool:
    """Whether a mistake only follows from others: an SLO without a runbook has none of a service without a name."""
    return only_bad_items(detail) or (detail["type"] == "missing" and detail["loc"][::2] == ("slos", "runbook"))


def signal_place(source: Source, alert: str, policies: Policies) -> KeyPath | None:
    """Where the signal stands that an alert of a right SLO file comes from; None for one that is written there."""
    service = Service.model_validate(source.data, context={"policies": policies})
    uses = [use for use in expanded(service) if isinstance(use, Expanded)]
    return next((use.path for use in uses if any(each.name == alert for each in use.alerts.values())), None)


def _misnamed(source: Source, file_name: str) -> Iterator[Problem]:
    name = source.data.get("service")
    if isinstance(name, str) and file_name != f"{name}.yaml":
        what = f"service: {describe(name)} in the file {file_name}, expected the file to be named {name}.yaml"
        yield source.problem(("service",), what)


def _repeated_names(source: Source) -> Iterator[Problem]:
    for key, name_key in _NAMED_LISTS.items():
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


def _empty_values(source: Source, data: Any, path: KeyPath) -> Iterator[Problem]:
    """Known keys without a value, optional ones too: a value was forgotten, or all of it is commented out."""
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from _empty_values(source, item, (*path, index))
    elif isinstance(data, dict):
        for key, value in data.items():
            if value is None and key in known_keys(path):
                yield source.problem((*path, key), f"{dotted((*path, key))}: empty, expected {about((*path, key))}")
            yield from _empty_values(source, value, (*path, key))


def _hidden_by_others(source: Source, error: ValidationError, policies: Policies | None) -> Iterator[Problem]:
    """What an item's own checks find once other mistakes in it, which hide those checks, are set aside."""
    mistakes: dict[KeyPath, list[ErrorDetails]] = {}
    for detail in error.errors():
        if len(detail["loc"]) > 2 and detail["loc"][0] in _STAND_INS:
            mistakes.setdefault(detail["loc"][:2], []).append(detail)
    for (key, index), details in mistakes.items():
        item = _GIVEN.get(str(key), {}) | source.data[key][index]
        for detail in details:
            if detail["type"] == "extra_forbidden":
                item = _without(item, detail["loc"][2:])
            elif detail["loc"][2] in _STAND_INS[str(key)]:
                item = {**item, detail["loc"][2]: _STAND_INS[str(key)][str(detail["loc"][2])]}
        try:
            _MODELS[str(key)].model_validate(item, context={"policies": policies})
        except ValidationError as hidden:
            for detail in hidden.errors():
                if not only_bad_items(detail):
                    yield explain(source, {**detail, "loc": (key, index, *detail["loc"])})


def _without(data: Any, path: KeyPath) -> Any:
    """Nested data without the value at a path."""
    if not isinstance(data, dict):
        return data
    head, rest = path[0], path[1:]
    return {k: _without(v, rest) if k == head else v for k, v in data.items() if rest or k != head}
