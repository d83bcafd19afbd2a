"""What an edit means for each stack: whether it gets it, what its settings change, and who hears of which alert."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from slostack import names
from slostack.config import Place, Topology
from slostack.config.alertmanager import alertmanager_config
from slostack.errors import SlostackError
from slostack.review import git
from slostack.review.changes import Change, Detail, Json, Kind, Part, flat, merged, pairs, part
from slostack.review.notified import Alerts, Notified, labels_of, notified_changes
from slostack.review.rule_groups import RuleGroup, service_rules
from slostack.review.teams import renamed_teams, team_parts
from slostack.review.trees import Tree
from slostack.routed import HERE
from slostack.settings import STACK_FOLDER, Settings, load_settings, stack_names
from slostack.settings.load import settings_of

NOTIFICATIONS = "notifications"
Stacks = Mapping[str, Settings]
_NOWHERE = Place("", ("",), "", "", "")
_SAID_BY_ROUTES = {"receivers.email.to", "receivers.slack.channel", "receivers.pagerduty.enabled"}
"""Settings whose change is named as who hears of which severity."""


@dataclass(frozen=True)
class Environments:
    """The stacks that get some of an edit, each with the titles of its parts, and what changes in each stack itself."""

    touched: tuple[tuple[str, tuple[str, ...]], ...]
    parts: tuple[Part, ...]


def new_stacks(root: Path) -> Stacks:
    """The settings of every stack of the project; raises SpecError where one is wrong."""
    return {name: load_settings(root, name) for name in stack_names(root)}


def old_stacks(root: Path, commit: str) -> tuple[Stacks, tuple[str, ...]]:
    """The settings of every stack at a commit, and a note on each that can't be read today and so counts as absent."""
    stacks: dict[str, Settings] = {}
    notes = []
    known = git.blobs(root, commit, (STACK_FOLDER,))
    for path, text in git.texts(root, {path: blob for path, blob in known.items() if _is_stack(path)}).items():
        try:
            stacks[PurePosixPath(path).stem.removeprefix("Pulumi.")] = settings_of(text, path)
        except SlostackError as error:
            notes.append(f"{path} of {commit} counts as absent, it can't be read today: {str(error).splitlines()[0]}")
    return stacks, tuple(notes)


def _is_stack(path: str) -> bool:
    pure = PurePosixPath(path)
    return str(pure.parent) == STACK_FOLDER and pure.match("Pulumi.*.yaml")


def compared_stacks(old: Stacks, new: Stacks, parts: Iterable[Part], old_tree: Tree, new_tree: Tree) -> Environments:
    """What some changed parts and teams mean for each stack; a stack that is added or removed is only named."""
    parts = tuple(parts)
    renamed = renamed_teams(old_tree.teams, new_tree.teams)
    teams = team_parts(old_tree.teams, new_tree.teams, renamed)
    touched = []
    found: list[Part] = []
    told: dict[Change, list[str]] = {}
    for name, was, now in pairs(dict(old), dict(new)):
        title = f"{STACK_FOLDER}/Pulumi.{name}.yaml"
        if was is None or now is None:
            found += part(title, "added" if now else "removed", {})
            continue
        settings = part(title, "changed", {"Settings": _setting_changes(was, now)})
        ours = [part.title for part in parts if _gets(part, was) or _gets(part, now)]
        both = old_tree.services.keys() & new_tree.services.keys()
        ours += [service for service in sorted(both) if _watches(was, service) != _watches(now, service)]
        before, after = _config(was, old_tree), _config(now, new_tree)
        further = {*ours, *(_with_channels_off(new_tree) if before["receivers"] != after["receivers"] else ())}
        changes = merged(
            notified_changes(
                Notified(before, _teams(was, old_tree), _alerts_before(parts, was, old_tree, further)),
                Notified(after, _teams(now, new_tree), _alerts_after(parts, now, new_tree, further)),
                renamed,
            )
        )
        for change in changes:
            told.setdefault(change, []).append(name)
        found += settings
        ours += [one.title for one in (*settings, *(teams if before != after else ()))]
        ours += [NOTIFICATIONS] if changes else []
        if ours:
            touched.append((name, tuple(dict.fromkeys(ours))))
    who = [_in_stacks(change, stacks) for change, stacks in told.items()]
    found += (*teams, *part(NOTIFICATIONS, "changed", {"Who is notified": who}))
    return Environments(tuple(touched), tuple(found))


def _with_channels_off(tree: Tree) -> Iterator[str]:
    """The services that hear otherwise than their team."""
    return (service.service for service in tree.services.values() if service.notify.off)


def _in_stacks(change: Change, stacks: Iterable[str]) -> Change:
    return replace(change, group=" / ".join(filter(None, (", ".join(stacks), change.group))))


def _alerts_before(
    parts: Iterable[Part], settings: Settings, tree: Tree, further: Collection[str]
) -> Mapping[str, Alerts]:
    return _alerts({one.title: one.before for one in parts if _gets(one, settings)}, settings, tree, further)


def _alerts_after(
    parts: Iterable[Part], settings: Settings, tree: Tree, further: Collection[str]
) -> Mapping[str, Alerts]:
    """Those of the parts, a service that is gone from the project without any."""
    ours = {one.title: one.after for one in parts if _gets(one, settings) or one.kind == "removed"}
    return _alerts(ours, settings, tree, further)


def _alerts(
    ours: Mapping[str, tuple[RuleGroup, ...]], settings: Settings, tree: Tree, further: Collection[str]
) -> Mapping[str, Alerts]:
    """The alerts of changed parts, and of further services of the stack."""
    services = {
        name: service_rules(tree.services[name])
        for name in sorted(further)
        if name in tree.services and name not in ours and _watches(settings, name)
    }
    return {title: labels_of(groups) for title, groups in {**ours, **services}.items()}


def _teams(settings: Settings, tree: Tree) -> frozenset[str]:
    """The teams whose alerts a stack routes: those of its services, and that of its own alerts."""
    owners = (service.team for name, service in tree.services.items() if _watches(settings, name))
    return frozenset((names.STACK_TEAM, *owners))


def _watches(settings: Settings, service: str) -> bool:
    return settings.delivery == "local" or service in settings.services


def _gets(part: Part, settings: Settings | None) -> bool:
    """Whether a stack gets a part: in a cluster those services that its settings name; hand-written files always."""
    if settings is None:
        return False
    return not part.is_service or _watches(settings, part.title)


def _setting_changes(old: Settings, new: Settings) -> Iterator[Change]:
    before, after = (dict(flat(side.model_dump(mode="json", by_alias=True))) for side in (old, new))
    for key, was, now in pairs(before, after):
        if was != now and key not in _SAID_BY_ROUTES:
            kind: Kind = "added" if was is None else "removed" if now is None else "changed"
            yield Change(kind, key, (Detail("", was, now),) if now is not None else ())


def _config(settings: Settings, tree: Tree) -> Json:
    """Alertmanager's config, with no place of its own."""
    here = HERE if settings.delivery == "local" else None
    topology = Topology(_NOWHERE, _NOWHERE, _NOWHERE, "", notifications=here)
    return alertmanager_config(tuple(tree.services.values()), settings, topology, tree.teams)
