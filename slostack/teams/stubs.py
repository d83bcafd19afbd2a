"""First entries of teams that a teams file lacks, for people to edit."""

from __future__ import annotations

from collections.abc import Sequence

from slostack.rules import scalar
from slostack.spec.source import SpecError, parse_yaml
from slostack.teams.load import TEAMS_FILE, parse_teams
from slostack.teams.model import Team


def with_stubs(text: str, missing: Sequence[str]) -> str | None:
    """A teams file's text with a stub after the others for each team that it lacks; the rest stays as it is.

    None where its teams aren't written one below the other, as a stub is. Raises SpecError where the text is wrong.
    """
    teams = parse_teams(text)
    stubs = {name: Team(email=(f"{name}@acme.example",)) for name in missing}
    first = parse_yaml(text, TEAMS_FILE).problem(("teams", next(iter(teams))), "", at_key=True)
    indent, newline = " " * (first.column - 1), "\r\n" if "\r\n" in text else "\n"
    longer = text if text.endswith("\n") else text + newline
    for name, team in stubs.items():
        longer += f"{indent}{scalar.key(name)}:{newline}{indent}  email: [{team.email[0]}] # to edit{newline}"
    try:
        return longer if parse_teams(longer) == {**teams, **stubs} else None
    except SpecError:
        return None
