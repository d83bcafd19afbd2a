"""The review of a bundle against another one, or against what running servers hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from slostack import plain_yaml
from slostack.errors import SlostackError
from slostack.review.changes import Change, Detail, Json, Kind, Part, Review, pairs, part
from slostack.review.compare import dashboard_part, rule_file_part
from slostack.review.cost import costs
from slostack.review.panels import read_dashboard
from slostack.review.rule_groups import RuleGroup, read_rules
from slostack.routed import channels

if TYPE_CHECKING:
    from slostack.backtest.prometheus import Prometheus

RULES = "prometheus/rules"
LOKI_RULES = "loki/rules"
DASHBOARDS = "grafana/dashboards"
ALERTMANAGER = "alertmanager/alertmanager.yml"


@dataclass(frozen=True)
class Held:
    """What one side holds: rules by file, dashboards by uid, other files' texts by path."""

    rules: Mapping[str, tuple[RuleGroup, ...]] = field(default_factory=dict)
    dashboards: Mapping[str, Json] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)


def bundle_review(old: Held, new: Held, name: str, prometheus: Prometheus | None = None) -> Review:
    """What the new side changes; `name` says what the old one is."""
    parts = tuple(_parts(old, new))
    return Review(name, parts, costs=costs(parts, ({}, {}), prometheus))


def read_bundle(folder: Path) -> Held:
    """The files of a bundle in a folder; raises SlostackError where it holds none, or one can't be read."""
    rules: dict[str, tuple[RuleGroup, ...]] = {}
    dashboards: dict[str, Json] = {}
    others: dict[str, str] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SlostackError(f"{path} can't be read ({error}), expected a bundle's text file") from None
        if name.startswith((f"{RULES}/", f"{LOKI_RULES}/")):
            rules[name] = read_rules(text, str(path))
        elif PurePosixPath(name).parent == PurePosixPath(DASHBOARDS):
            dashboard = read_dashboard(text, str(path))
            dashboards[str(dashboard.get("uid") or path.stem)] = dashboard
        else:
            others[name] = text
    if not rules and not dashboards:
        raise SlostackError(f"{folder} holds no bundle, expected a folder with {RULES}/ or {DASHBOARDS}/")
    return Held(rules, dashboards, others)


def as_running(bundle: Held, running: Held, *, rules: bool, dashboards: bool) -> Held:
    """A bundle as servers would tell of it: labels of groups on their rules, intervals where it names none; without
    rules, dashboards and other files that were not asked of them.
    """
    told = {name: {group.name: group for group in groups} for name, groups in running.rules.items()}
    ours = {
        name: tuple(_as_told(group, told.get(name, {}).get(group.name)) for group in groups)
        for name, groups in bundle.rules.items()
        if rules and name.startswith(f"{RULES}/")
    }
    return Held(ours, bundle.dashboards if dashboards else {})


def _as_told(group: RuleGroup, told: RuleGroup | None) -> RuleGroup:
    rules = tuple(rule.model_copy(update={"labels": {**group.labels, **rule.labels}}) for rule in group.rules)
    interval = group.interval or (told.interval if told else None)
    return group.model_copy(update={"labels": {}, "rules": rules, "interval": interval})


def _parts(old: Held, new: Held) -> Iterator[Part]:
    for name, groups, groups_now in pairs(dict(old.rules), dict(new.rules)):
        if groups != groups_now:
            yield from rule_file_part(name, groups, groups_now)
    for uid, was, now in pairs(dict(old.dashboards), dict(new.dashboards)):
        if was != now:
            yield from dashboard_part(f"dashboard {uid}", was, now)
    for name, text, text_now in pairs(dict(old.others), dict(new.others)):
        if text is None or text_now is None:
            yield from part(name, "added" if text is None else "removed", {})
        elif text != text_now:
            yield from part(name, "changed", _file_sections(name, text, text_now))


def _file_sections(name: str, old: str, new: str) -> dict[str, Iterable[Change]]:
    if name == ALERTMANAGER and (told := tuple(_receiver_changes(old, new))):
        return {"Who is notified": told}
    lines, lines_now = (set(text.splitlines()) for text in (old, new))
    gone, came = len(lines - lines_now), len(lines_now - lines)
    return {"File": (Change("changed", name, (Detail("lines", f"{gone} that are gone", f"{came} that are new"),)),)}


def _receiver_changes(old: str, new: str) -> Iterator[Change]:
    before, after = (plain_yaml.load(text) for text in (old, new))
    told, told_now = (
        {str(one["name"]): channels(config, one["name"]) for one in config.get("receivers", ())}
        for config in (before, after)
    )
    for name, was, now in pairs(told, told_now):
        if was != now:
            kind: Kind = "added" if was is None else "removed" if now is None else "changed"
            yield Change(kind, f"receiver {name}", (Detail("", was, now),) if now else ())
