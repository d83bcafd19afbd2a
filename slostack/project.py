"""The generated files that a project commits: what they are, whether they are fresh, and writing them; a team's own."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from slostack import names
from slostack.errors import SlostackError
from slostack.files import shown_path, write_atomically
from slostack.rules import render_log_rules, render_rules, render_stack_rules, render_thanos_rules
from slostack.runbooks import filled_runbooks, is_filled
from slostack.shipped import SHARED_RUNBOOKS, shipped
from slostack.spec import RUNBOOK_FOLDER, SLO_FOLDER, Problem, Service, SpecError, load_services, slo_file
from slostack.spec.fields import FILLED_RUNBOOKS
from slostack.spec.folder import folder_files
from slostack.spec.source import read_text

RULE_FOLDER = "alert_rules"
LOKI_RULE_FOLDER = "alert_rules/loki"
DASHBOARD_FOLDER = "dashboards"
CUSTOM = "custom"
"""The folder below those of rules and of dashboards for a team's own files, which are never touched."""
SUFFIXES = {RULE_FOLDER: ".yaml", LOKI_RULE_FOLDER: ".yaml", DASHBOARD_FOLDER: ".json"}
_FOLDERS_IN = {RULE_FOLDER: (CUSTOM, "loki"), LOKI_RULE_FOLDER: (), DASHBOARD_FOLDER: (CUSTOM,)}
FIXTURE_FOLDER = "tests/rules/generated"
FILLED_FOLDER = f"{RUNBOOK_FOLDER}/{FILLED_RUNBOOKS}"
STACK_RULES = f"{RULE_FOLDER}/slostack.yaml"
STACK_DASHBOARD = f"{DASHBOARD_FOLDER}/slostack.json"
THANOS_RULES = f"{RULE_FOLDER}/slostack-thanos.yaml"
THANOS_DASHBOARD = f"{DASHBOARD_FOLDER}/slostack-thanos.json"
"""What only a stack with Thanos has."""
CLUSTERS_DASHBOARD = f"{DASHBOARD_FOLDER}/clusters.json"
"""What only a stack whose query asks other clusters has."""
SCHEMA_FILES = ("schemas/slo.schema.json", "schemas/policy.schema.json", "schemas/teams.schema.json")


@dataclass(frozen=True)
class Staleness:
    """What rendering would change: texts to write by path, and generated files whose service is gone.

    `fresh` has every generated file's text.
    """

    fresh: Mapping[str, str]
    write: Mapping[str, str]
    remove: tuple[str, ...]


def generated_files(services: Iterable[Service]) -> dict[str, str]:
    """Every generated file that a stack is made of, by its path in the project; the same input gives the same bytes."""
    from slostack.dashboards import (
        render_clusters_dashboard,
        render_overview_dashboard,
        render_probes_dashboard,
        render_service_dashboard,
        render_shared_dashboards,
        render_stack_dashboard,
        render_thanos_dashboard,
    )

    services = tuple(services)
    files = {
        STACK_RULES: render_stack_rules(),
        f"{DASHBOARD_FOLDER}/overview.json": render_overview_dashboard(services),
        STACK_DASHBOARD: render_stack_dashboard(),
        THANOS_RULES: render_thanos_rules(),
        THANOS_DASHBOARD: render_thanos_dashboard(),
        CLUSTERS_DASHBOARD: render_clusters_dashboard(services),
    }
    if any(service.probes for service in services):
        files[f"{DASHBOARD_FOLDER}/probes.json"] = render_probes_dashboard()
    for name, text in render_shared_dashboards(services).items():
        files[f"{DASHBOARD_FOLDER}/{name}.json"] = text
    for service in services:
        files |= rule_files(service)
        files[f"{DASHBOARD_FOLDER}/{service.service}.json"] = render_service_dashboard(service)
    return files


def schema_files() -> dict[str, str]:
    """The JSON Schemas of the files that people write, by path: they come with slostack."""
    return {path: shipped(path).read_text(encoding="utf-8") for path in SCHEMA_FILES}


def rule_files(service: Service) -> dict[str, str]:
    """The rules of one service: for Prometheus, and for Loki where it has some."""
    files = {f"{RULE_FOLDER}/{service.service}.yaml": render_rules(service)}
    if log_rules := render_log_rules(service):
        files[f"{LOKI_RULE_FOLDER}/{service.service}.yaml"] = log_rules
    return files


def fixture_files(services: Iterable[Service]) -> dict[str, str]:
    """The rule fixtures that prove the alerts, by their path in the project; the same input gives the same bytes."""
    from slostack.fixtures import render_fixtures

    return {path: text for service in services for path, text in render_fixtures(service).items()}


def runbook_files(root: Path, services: Iterable[Service]) -> dict[str, str]:
    """The runbooks that are filled in for the services from the shared ones of the project, by path."""
    texts = {
        path.relative_to(root / RUNBOOK_FOLDER).as_posix(): _read(path) or ""
        for path in sorted((root / SHARED_RUNBOOKS).glob("*.md"))
    }
    return {f"{RUNBOOK_FOLDER}/{path}": text for path, text in filled_runbooks(services, texts).items()}


def staleness(root: Path) -> Staleness:
    """What differs between the committed files and the SLO files; raises SpecError where those are wrong, or where
    a file that slostack didn't write stands among the generated ones.
    """
    services = load_services(root)
    fresh = generated_files(services) | schema_files() | fixture_files(services) | runbook_files(root, services)
    write = {path: text for path, text in fresh.items() if _read(root / path) != text}
    files = (*present_files(root), *_present_fixtures(root), *_present_runbooks(root))
    present = {path.relative_to(root).as_posix() for path in files}
    return Staleness(fresh, write, tuple(sorted(present - set(fresh))))


def rendered_rules(root: Path, files: Mapping[str, str], folder: str = RULE_FOLDER) -> dict[Path, str]:
    """The rules of a folder, among generated files, that come from an SLO file, by that file."""
    return {
        path: text
        for name, text in files.items()
        if Path(name).parent == Path(folder) and (path := slo_file(root, Path(name).stem)).is_file()
    }


def write_generated(root: Path, stale: Staleness) -> None:
    """Writes and removes what is stale, each file as a whole or not at all."""
    for path, text in stale.write.items():
        write_atomically(root / path, text, lasting=False)
    for path in stale.remove:
        try:
            (root / path).unlink(missing_ok=True)
            _remove_empty(root, Path(path).parent)
        except OSError as error:
            raise SlostackError(f"can't remove {path} ({error.strerror}), expected a writable folder") from None


def _remove_empty(root: Path, folder: Path) -> None:
    """Removes a folder with nothing in it, and those above it that then have nothing in them, but for the root."""
    while folder.name and not any((root / folder).iterdir()):
        (root / folder).rmdir()
        folder = folder.parent


def differences(root: Path, stale: Staleness) -> dict[str, tuple[str, ...]]:
    """For each file that is there but stale, by path, the lines of a unified diff to what it should be."""
    return {
        path: tuple(
            line.rstrip("\n")
            for line in difflib.unified_diff(old.splitlines(), text.splitlines(), path, f"{path} (rendered)")
        )
        for path, text in sorted(stale.write.items())
        if (old := _read(root / path)) is not None
    }


def check_folders(root: Path) -> None:
    """Raises SpecError where a file stands among the generated ones that slostack didn't write."""
    present_files(root)


def custom_paths(root: Path, folder: str) -> tuple[tuple[Path, ...], tuple[Problem, ...]]:
    """A team's own files of the rules or of the dashboards, and what is wrong with the names of others there."""
    where, suffix = f"{folder}/{CUSTOM}", SUFFIXES[folder]
    return folder_files(root, where, suffix, f"files named <name>{suffix} right in {where}/")


def custom_texts(root: Path, folder: str) -> dict[Path, str]:
    """The texts of a team's own files; raises SpecError where one is named wrongly, or isn't UTF-8 text."""
    paths, problems = custom_paths(root, folder)
    if problems:
        raise SpecError(problems)
    return {path: read_text(path, shown_path(path, root)) for path in paths}


def present_files(root: Path, *folders: str) -> tuple[Path, ...]:
    """The generated files that are there, in all folders or some; raises SpecError for anything else beside them."""
    found: list[Path] = []
    problems: list[Problem] = []
    for folder in folders or SUFFIXES:
        own = f"move your own to {folder}/{CUSTOM}/, or " if CUSTOM in _FOLDERS_IN[folder] else ""
        expected = f"nothing but what `slostack render` writes; {own}remove it"
        paths, others = folder_files(root, folder, SUFFIXES[folder], expected, beside=_FOLDERS_IN[folder])
        problems += others
        for path in paths:
            if _is_generated(path):
                found.append(path)
            else:
                what = f"not generated from {SLO_FOLDER}/{path.stem}.yaml, expected {expected}"
                problems.append(Problem(shown_path(path, root), 1, 1, what))
    if problems:
        raise SpecError(tuple(problems))
    return tuple(found)


def _present_fixtures(root: Path) -> tuple[Path, ...]:
    """The generated fixtures that are there."""
    folders = (root / FIXTURE_FOLDER).glob("*/") if (root / FIXTURE_FOLDER).is_dir() else ()
    return tuple(
        path
        for folder in sorted(folders)
        for path in sorted(folder.glob("*/*.yaml"))
        if (_read(path) or "").startswith(f"# Generated by `slostack render` from {SLO_FOLDER}/{folder.name}.yaml;")
    )


def _present_runbooks(root: Path) -> tuple[Path, ...]:
    """The filled-in runbooks that are there."""
    return tuple(path for path in sorted((root / FILLED_FOLDER).glob("*/*.md")) if is_filled(_read(path) or ""))


def _is_generated(path: Path) -> bool:
    """Whether slostack wrote a file under this name: by its first line, or its uid and tag; with git conflicts too."""
    text = _read(path) or ""
    if path.suffix == SUFFIXES[RULE_FOLDER]:
        origin = (
            "slostack/rules/stack.py"
            if path.stem in ("slostack", "slostack-thanos")
            else f"{SLO_FOLDER}/{path.stem}.yaml"
        )
        return text.startswith(f"# Generated by `slostack render` from {origin};")
    return f'"uid": "{names.dashboard_uid(path.stem)}"' in text and '"slostack"' in text


def _read(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8", errors="replace") if path.is_file() else None
