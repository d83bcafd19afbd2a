"""The generated files that a project commits: what they are, whether they are fresh, and writing them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from slostack.files import write_atomically
from slostack.rules import render_rules, render_stack_rules
from slostack.spec import Service, load_services, slo_file_schema

RULE_FOLDER = "alert_rules"
DASHBOARD_FOLDER = "dashboards"
CUSTOM = "custom"
"""The folder below each of these for a team's own files, which are never touched."""
SCHEMA_FILE = "schemas/slo.schema.json"


@dataclass(frozen=True)
class Staleness:
    """What rendering would change: texts to write by path, and generated files whose service is gone."""

    write: Mapping[str, str]
    remove: tuple[str, ...]


def generated_files(services: Iterable[Service]) -> dict[str, str]:
    """Every generated file by its path in the project; the same input gives the same bytes."""
    from slostack.dashboards import render_overview_dashboard, render_service_dashboard

    services = tuple(services)
    files = {
        f"{RULE_FOLDER}/slostack.yaml": render_stack_rules(),
        f"{DASHBOARD_FOLDER}/overview.json": render_overview_dashboard(services),
        SCHEMA_FILE: json.dumps(slo_file_schema(), indent=2, sort_keys=True) + "\n",
    }
    for service in services:
        files[f"{RULE_FOLDER}/{service.service}.yaml"] = render_rules(service)
        files[f"{DASHBOARD_FOLDER}/{service.service}.json"] = render_service_dashboard(service)
    return files


def staleness(root: Path) -> Staleness:
    """What differs between the committed files and the SLO files; raises SpecError where those are wrong."""
    fresh = generated_files(load_services(root))
    write = {path: text for path, text in fresh.items() if _read(root / path) != text}
    present = {path.relative_to(root).as_posix() for path in _generated_paths(root)}
    return Staleness(write, tuple(sorted(present - set(fresh))))


def write_generated(root: Path, stale: Staleness) -> None:
    """Writes and removes what is stale, each file as a whole or not at all."""
    for path, text in stale.write.items():
        write_atomically(root / path, text)
    for path in stale.remove:
        (root / path).unlink()


def difference(root: Path, stale: Staleness) -> str:
    """A unified diff from the files on disk to what they should be."""
    changes = {**stale.write, **dict.fromkeys(stale.remove, "")}
    return "".join(
        line if line.endswith("\n") else line + "\n"
        for path, text in sorted(changes.items())
        for line in difflib.unified_diff(
            (_read(root / path) or "").splitlines(keepends=True),
            text.splitlines(keepends=True),
            path,
            f"{path} (rendered)",
        )
    )


def _generated_paths(root: Path) -> Iterator[Path]:
    yield from (root / RULE_FOLDER).glob("*.yaml")
    yield from (root / DASHBOARD_FOLDER).glob("*.json")


def _read(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8", errors="replace") if path.is_file() else None
