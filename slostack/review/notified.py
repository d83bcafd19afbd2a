"""Who hears of what in a stack before and after: the alerts of whole teams, and those of services by their names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from slostack import names
from slostack.review.changes import Change, Detail, Json, Kind, pairs
from slostack.review.rule_groups import RuleGroup, RuleKey, keyed
from slostack.routed import NOBODY, channels, receivers
from slostack.spec import Severity

Labels = Mapping[str, str]
Alerts = Mapping[RuleKey, Labels]
_NOTICES, _ESCALATIONS = "notices", "escalations"
_SEVERITIES: tuple[str, ...] = get_args(Severity)
_KINDS: Mapping[str, Labels] = {
    **{severity: {names.SEVERITY: severity} for severity in _SEVERITIES},
    _NOTICES: {names.NOTICE: "true"},
    _ESCALATIONS: {names.ESCALATION: "2"},
}
"""The kinds of alerts that are routed alike within a team, with what tells them apart."""


@dataclass(frozen=True)
class Notified:
    """One side of a stack: Alertmanager's config, the teams whose alerts it routes, and by the title of a part the
    labels of its alerts."""

    config: Json
    teams: frozenset[str]
    alerts: Mapping[str, Alerts]


def notified_changes(old: Notified, new: Notified, renamed: Mapping[str, str]) -> Iterator[Change]:
    """Who hears of what another than before, each once: of all alerts of some kinds and teams, and else of a part's,
    in whose group they are. `renamed` are teams by their old name."""
    of_teams = dict(_of_teams(old, new, renamed)) if old.config != new.config else {}
    yield from _team_changes(of_teams, new.teams)
    for title, was, now in pairs(old.alerts, new.alerts):
        if now is None:
            yield from [Change("removed", name, group=title) for name in _named(was or (), was or {})]
            continue
        changed: dict[tuple[Kind, Detail], list[RuleKey]] = {}
        for key, labels in now.items():
            labels_before = was.get(key) if was else None
            heard = _hears(old.config, labels_before) if labels_before is not None else None
            hears = _hears(new.config, labels)
            if heard != hears and not _is_said(labels_before, labels, (heard, hears), of_teams, renamed):
                kind: Kind = "added" if heard is None else "changed"
                changed.setdefault((kind, Detail("", heard, hears)), []).append(key)
        for (kind, detail), keys in changed.items():
            yield from [Change(kind, name, (detail,), title) for name in _named(keys, now)]
        if was and now:
            yield from _escalation_change(title, (old.config, was), (new.config, now), renamed)


def _is_said(
    before: Labels | None,
    after: Labels,
    told: tuple[str | None, str],
    of_teams: Mapping[tuple[str, str], tuple[str, str]],
    renamed: Mapping[str, str],
) -> bool:
    """Whether what changes for an alert changes for all of its team and kind."""
    if before is None:
        return False
    kind = (_team(after), _kind(after))
    return kind == (renamed.get(_team(before), _team(before)), _kind(before)) and of_teams.get(kind) == told


def _escalation_change(
    title: str, old: tuple[Json, Alerts], new: tuple[Json, Alerts], renamed: Mapping[str, str]
) -> Iterator[Change]:
    """Who else hears of a part's alerts that keep firing, where another team has them."""
    teams, teams_now = ({_team(labels) for labels in alerts.values()} for _, alerts in (old, new))
    if len(teams) == len(teams_now) == 1 and {renamed.get(team, team) for team in teams} != teams_now:
        heard, hears = (
            _hears(config, {names.TEAM: team, **_KINDS[_ESCALATIONS]})
            for config, team in zip((old[0], new[0]), (*teams, *teams_now), strict=True)
        )
        if heard != hears:
            yield Change("changed", _all([_ESCALATIONS]), (Detail("", heard, hears),), title)


def labels_of(groups: Iterable[RuleGroup]) -> Alerts:
    """The labels of every alert of some rule groups."""
    return {
        key: {**group.labels, **rule.labels, "alertname": rule.name}
        for group in groups
        for key, rule in keyed((group,), alerts=True).items()
    }


def _of_teams(
    old: Notified, new: Notified, renamed: Mapping[str, str]
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """The kinds of each team of which others hear, with who did and who does."""
    for was_called in sorted(old.teams):
        team = renamed.get(was_called, was_called)
        for kind, labels in _KINDS.items() if team in new.teams else ():
            heard = _hears(old.config, {names.TEAM: was_called, **labels})
            hears = _hears(new.config, {names.TEAM: team, **labels})
            if heard != hears:
                yield (team, kind), (heard, hears)


def _team_changes(of_teams: Mapping[tuple[str, str], tuple[str, str]], teams: Collection[str]) -> Iterator[Change]:
    alike: dict[tuple[str, str], dict[str, list[str]]] = {}
    for (team, kind), told in of_teams.items():
        alike.setdefault(told, {}).setdefault(team, []).append(kind)
    for told, kinds_of in alike.items():
        teams_of: dict[tuple[str, ...], list[str]] = {}
        for team, kinds in kinds_of.items():
            teams_of.setdefault(tuple(kinds), []).append(team)
        for same, those in teams_of.items():
            of = "" if len(those) == len(teams) else f" of {_listed(those)}"
            yield Change("changed", f"{_all(same)}{of}", (Detail("", *told),))


def _hears(config: Json, labels: Labels) -> str:
    found = dict.fromkeys(channels(config, name) for name in receivers(config, labels))
    return "; ".join(one for one in found if one != NOBODY) or NOBODY


def _team(labels: Labels) -> str:
    return labels.get(names.TEAM, "")


def _kind(labels: Labels) -> str:
    if labels.get(names.ESCALATION):
        return _ESCALATIONS
    return _NOTICES if labels.get(names.NOTICE) == "true" else labels.get(names.SEVERITY, "")


def _named(keys: Collection[RuleKey], alerts: Alerts) -> Iterator[str]:
    """Some of a part's alerts: all, or all of a kind, as such; the others by name, the tiers of an SLO together."""
    if len(keys) == len(alerts) > 1:
        yield "all alerts"
        return
    of_kind = {kind: [key for key, labels in alerts.items() if _kind(labels) == kind] for kind in _KINDS}
    whole = [kind for kind, its in of_kind.items() if len(its) > 1 and all(key in keys for key in its)]
    if whole:
        yield _all(whole)
    tiers: dict[str, list[str]] = {}
    for key in keys:
        if _kind(alerts[key]) not in whole:
            slo = f" {key.group.rpartition('/')[2]}" if key.name in names.SLO_ALERTS else ""
            tiers.setdefault(f"{key.name}{slo}", []).append(key.variant)
    for name, variants in tiers.items():
        yield f"{name} {', '.join(dict.fromkeys(variants))}".strip()


def _all(kinds: Collection[str]) -> str:
    """All alerts of some kinds: `all critical and high alerts, notices`."""
    severities = [kind for kind in kinds if kind in _SEVERITIES]
    alerts = [f"{_listed(severities)} alerts"] if severities else []
    return f"all {', '.join([*alerts, *(kind for kind in kinds if kind not in severities)])}"


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
