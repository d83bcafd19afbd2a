"""The teams of a project, from its teams file, or every mistake in it at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from slostack.files import shown_path
from slostack.spec.explain import explain
from slostack.spec.schema import schema_of
from slostack.spec.service import Service
from slostack.spec.source import SpecError, parse_yaml, read_text
from slostack.teams.model import Team, TeamsFile

TEAMS_FILE = "teams.yaml"
Teams = Mapping[str, Team]
"""Every team by its name; empty where a project has no teams file."""


def load_teams(root: Path) -> Teams:
    """The teams of the project at `root`, none where it has no teams file; raises SpecError with all that is wrong."""
    path = root / TEAMS_FILE
    return parse_teams(read_text(path, TEAMS_FILE)) if path.is_file() else {}


def parse_teams(text: str, shown: str = TEAMS_FILE) -> Teams:
    """The teams of a teams file's text; `shown` names it in errors. Raises SpecError."""
    source = parse_yaml(text, shown)
    try:
        return TeamsFile.model_validate(source.data).teams
    except ValidationError as error:
        raise SpecError(tuple(explain(source, detail, TeamsFile) for detail in error.errors())) from None


def check_teams(teams: Teams, services: Mapping[Path, Service], root: Path) -> None:
    """Raises SpecError where a service, by its file, is of a team that the teams file, if there is one, lacks."""
    problems = []
    for path, service in services.items():
        if teams and service.team not in teams:
            shown = shown_path(path, root)
            what = f"team: {service.team!r} is not in {TEAMS_FILE}, expected one of {', '.join(sorted(teams))}"
            problems.append(parse_yaml(read_text(path, shown), shown).problem(("team",), what))
    if problems:
        raise SpecError(tuple(problems))


def teams_file_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a teams file."""
    return schema_of(TeamsFile, "teams file")
