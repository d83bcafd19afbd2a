"""What changed in the teams file, beside who hears of what: teams that come and go, their hours and secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slostack.review.changes import Change, Detail, Kind, Part, difference, flat, pairs, part
from slostack.teams import TEAMS_FILE, Team, Teams

_SAID_BY_ROUTES = {"email", "slack.channel", "escalation.email"}
"""Keys whose change is named as who hears of which alerts."""


def renamed_teams(old: Teams, new: Teams) -> dict[str, str]:
    """Teams that have another name now and are as they were otherwise, by their old name."""
    added = [name for name in new if name not in old]
    renamed = {}
    for name, team in old.items():
        same = [other for other in added if new[other] == team]
        if name not in new and same:
            renamed[name] = same[0]
            added.remove(same[0])
    return renamed


def team_parts(old: Teams, new: Teams, renamed: Mapping[str, str]) -> tuple[Part, ...]:
    """The part of the teams file."""
    kind: Kind = "changed" if old and new else "added" if new else "removed"
    return part(TEAMS_FILE, kind, {"Teams": _changes(old, new, renamed)}) if old or new else ()


def _changes(old: Teams, new: Teams, renamed: Mapping[str, str]) -> Iterator[Change]:
    for was_called, name in renamed.items():
        yield Change("changed", was_called, (Detail(f"renamed to {name}"),))
    before = {renamed.get(name, name): team for name, team in old.items()}
    for name, was, now in pairs(before, new):
        if now is None:
            yield Change("removed", name)
        elif was is None:
            yield Change("added", name, tuple(Detail(key, after=value) for key, value in _keys(now).items()))
        elif details := tuple(_details(was, now)):
            yield Change("changed", name, details)


def _details(old: Team, new: Team) -> Iterator[Detail]:
    for key, was, now in pairs(_keys(old), _keys(new)):
        if key not in _SAID_BY_ROUTES:
            yield from difference(key, was, now)


def _keys(team: Team) -> dict[str, str]:
    return dict(flat(team.model_dump(mode="json")))
