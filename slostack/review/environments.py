"""What an edit means for each stack: whether it gets it, what its settings change, and who hears of which alert."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from slostack import names
from slostack.config import Place, Topology
from slostack.config.alertmanager import alertmanager_config
from slostack.errors import SlostackError
from slostack.review import git
from slostack.review.changes import Change, Detail, Json, Kind, Part, pairs, part
from slostack.review.rule_groups import RuleGroup, RuleKey
from slostack.review.trees import Tree
from slostack.routed import HERE, NOBODY, channels, receivers
from slostack.settings import STACK_FOLDER, Settings, load_settings, stack_names
from slostack.settings.load import settings_of

Stacks = Mapping[str, Settings]
_NOWHERE = Place("", ("",), "", "", "")
_SAID_BY_ROUTES = {"receivers.email.to", "receivers.slack.channel", "receivers.pagerduty.enabled", "receivers.webhook"}
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
    """What some changed parts mean for each stack; a stack that is added or removed is only named."""
    parts = tuple(parts)
    touched = []
    found: list[Part] = []
    told: list[Change] = []
    for name, was, now in pairs(dict(old), dict(new)):
        ours = tuple(part.title for part in parts if _gets(part, was) or _gets(part, now))
        title = f"{STACK_FOLDER}/Pulumi.{name}.yaml"
        if was is None or now is None:
            found += part(title, "added" if now else "removed", {})
            continue
        found += part(title, "changed", {"Settings": _setting_changes(was, now)})
        before, after = _config(was, old_tree), _config(now, new_tree)
        changes = (*_channel_changes(before, after), *_route_changes(parts, now, before, after))
        told += [replace(one, group=name) for one in changes]
        if ours:
            touched.append((name, ours))
    found += part("notifications", "changed", {"Who is notified": told})
    return Environments(tuple(touched), tuple(found))


def _gets(part: Part, settings: Settings | None) -> bool:
    """Whether a stack gets a part: in a cluster those services that its settings name; hand-written files always."""
    if settings is None:
        return False
    return not part.is_service or settings.delivery == "local" or part.title in settings.services


def _setting_changes(old: Settings, new: Settings) -> Iterator[Change]:
    before, after = (dict(_flat(side.model_dump(mode="json", by_alias=True))) for side in (old, new))
    for key, was, now in pairs(before, after):
        if was != now and key not in _SAID_BY_ROUTES:
            kind: Kind = "added" if was is None else "removed" if now is None else "changed"
            yield Change(kind, key, (Detail("", was, now),) if now is not None else ())


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else name)
    elif value is not None:
        yield key, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _channel_changes(before: Json, after: Json) -> Iterator[Change]:
    """Receivers of which others hear."""
    for name, was, now in pairs(_channels(before), _channels(after)):
        if was != now and {was, now} != {None, NOBODY}:
            kind: Kind = "added" if was is None else "removed" if now is None else "changed"
            yield Change(kind, f"all {name} alerts", (Detail("", was, now),))


def _channels(config: Json) -> dict[str, str]:
    return {each["name"]: channels(config, each["name"]) for each in config["receivers"]}


def _route_changes(parts: Iterable[Part], new: Settings, before: Json, after: Json) -> Iterator[Change]:
    """Where added alerts go, and those that go elsewhere for what changed in them."""
    for one in parts:
        was, now = _alerts(one.before), _alerts(one.after)
        if not _gets(one, new):
            continue
        for key, labels in now.items():
            told = _told(after, labels)
            told_before = _told(before, was[key]) if key in was else None
            if key not in was:
                yield Change("added", f"{one.title} {_name(key)}", (Detail("", after=told),))
            elif receivers(before, was[key]) != receivers(after, labels):
                yield Change("changed", f"{one.title} {_name(key)}", (Detail("", told_before, told),))


def _name(key: RuleKey) -> str:
    slo = key.group.rpartition("/")[2] if key.name in names.SLO_ALERTS else ""
    return " ".join(filter(None, (key.name, slo, key.variant)))


def _told(config: Json, labels: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {channels(config, name)}" for name in receivers(config, labels))


def _alerts(groups: Iterable[RuleGroup]) -> dict[RuleKey, dict[str, str]]:
    """The labels of every alert."""
    found = {}
    for group in groups:
        for nth, rule in enumerate(rule for rule in group.rules if rule.alert):
            key = RuleKey(group.name, rule.name, rule.labels.get(names.TIER, ""), 0)
            found[key if key not in found else RuleKey(key.group, key.name, key.variant, nth)] = {
                **group.labels,
                **rule.labels,
                "alertname": rule.name,
            }
    return found


def _config(settings: Settings, tree: Tree) -> Json:
    """Alertmanager's config, with no place of its own."""
    here = HERE if settings.delivery == "local" else None
    topology = Topology(_NOWHERE, _NOWHERE, _NOWHERE, "", notifications=here)
    return alertmanager_config(tuple(tree.services.values()), settings, topology, tree.teams)
