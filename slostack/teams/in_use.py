"""The teams of one environment: those whose services it judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from slostack import plain_yaml
from slostack.names import STACK_TEAM
from slostack.spec import slo_file
from slostack.teams.load import Teams, load_teams


def teams_in_use(teams: Teams, owners: Iterable[str]) -> Teams:
    """Those of the teams that own a service, by the names of owners, and the one that has the stack's own alerts."""
    names = {STACK_TEAM, *owners}
    return {name: team for name, team in teams.items() if name in names}


def teams_of(root: Path, services: Iterable[str]) -> Teams:
    """The teams that own these services of the project at `root`; raises SpecError where its teams file is wrong."""
    teams = load_teams(root)
    return teams_in_use(teams, _owners(root, services)) if teams else teams


def _owners(root: Path, services: Iterable[str]) -> Iterator[str]:
    """The owner of each service; who loads the whole SLO file tells what is wrong in it."""
    for service in services:
        try:
            yield str(plain_yaml.load(slo_file(root, service).read_text(encoding="utf-8"))["team"])
        except (OSError, ValueError, yaml.YAMLError, TypeError, KeyError):
            continue
