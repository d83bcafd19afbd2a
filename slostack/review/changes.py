"""What changed between two trees of SLO files, as data: named things with their fields before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from slostack.review.rule_groups import RuleGroup

Json = dict[str, Any]
Kind = Literal["added", "removed", "changed"]
RISK = "⚠"
"""Marks a detail that loses something."""
STALE = "runbooks that name the old objective"
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Detail:
    """One field of a changed thing; `before` or `after` is None where it has no value, both where only named.

    `is_risk` marks what loses something that isn't easily had back: history, a runbook.
    """

    field: str
    before: str | None = None
    after: str | None = None
    meaning: str = ""
    is_risk: bool = False


@dataclass(frozen=True)
class Change:
    """A thing that was added, removed or changed: its name in its group (rule group, dashboard row, SLO).

    `also` names others of the group of which the same is to be said.
    """

    kind: Kind
    name: str
    details: tuple[Detail, ...] = ()
    group: str = ""
    also: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names that the change is about."""
        return (self.name, *self.also)


@dataclass(frozen=True)
class PanelChange:
    """A panel before and after, None where it isn't there, and what changed in it."""

    kind: Kind
    row: str
    title: str
    before: Json | None
    after: Json | None
    details: tuple[Detail, ...] = ()

    @property
    def as_change(self) -> Change:
        """The change of the panel by its name."""
        return Change(self.kind, self.title, self.details, self.row)


@dataclass(frozen=True)
class Dashboards:
    """A dashboard before and after, None where it isn't there, and its panels that changed."""

    before: Json | None
    after: Json | None
    panels: tuple[PanelChange, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes of its panels by their names."""
        return tuple(panel.as_change for panel in self.panels)


@dataclass(frozen=True)
class Section:
    """The changes of one sort of thing, such as alerts."""

    title: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Part:
    """The changes of one service, or of one hand-written file; `dashboards` is the one whose panels changed,
    `before` and `after` are all its rules.
    """

    title: str
    kind: Kind
    sections: tuple[Section, ...]
    dashboards: Dashboards | None = None
    before: tuple[RuleGroup, ...] = ()
    after: tuple[RuleGroup, ...] = ()
    is_service: bool = False


@dataclass(frozen=True)
class Costs:
    """Samples that rules read per 30 s, before and after, by the title of their part; and how that is known."""

    samples: tuple[tuple[str, int, int], ...] = ()
    basis: str = ""


@dataclass(frozen=True)
class Review:
    """What the working tree changes against a revision; `notes` say what of the revision could not be compared.

    `touched` names the stacks that get some of it, each with the titles of the parts that it gets; `stale_runbooks` are
    the places in runbooks that name an old objective.
    """

    revision: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()
    touched: tuple[tuple[str, tuple[str, ...]], ...] = ()
    costs: Costs = Costs()
    stale_runbooks: tuple[str, ...] = ()


def part(
    title: str, kind: Kind, sections: Mapping[str, Iterable[Change]], dashboards: Dashboards | None = None
) -> tuple[Part, ...]:
    """The part with its sections that hold changes; nothing where none does and it was neither added nor removed."""
    filled = tuple(Section(name, merged(found)) for name, changes in sections.items() if (found := tuple(changes)))
    return (Part(title, kind, filled, dashboards),) if filled or kind != "changed" else ()


def pairs(old: Mapping[K, V], new: Mapping[K, V]) -> list[tuple[K, V | None, V | None]]:
    """Every key with its value before and after: the keys of `new` in their order, then those that are gone."""
    return [(key, old.get(key), new.get(key)) for key in dict.fromkeys((*new, *old))]


def difference(
    field: str, before: str | None, after: str | None, meaning: str = "", *, is_risk: bool = False
) -> tuple[Detail, ...]:
    """The field's detail where it differs, else nothing."""
    return (Detail(field, before, after, meaning, is_risk),) if before != after else ()


def flat(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """The values of nested mappings as text, by their keys with dots between; what is None or empty is left out."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from flat(inner, f"{key}.{name}" if key else name)
    elif text := ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value):
        yield key, text


def merged(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Changes of one group that say the same of several things, as one change that names them all."""
    names: dict[tuple[str, Kind, tuple[Detail, ...]], list[str]] = {}
    for change in changes:
        names.setdefault((change.group, change.kind, change.details), []).extend(change.names)
    return tuple(
        Change(kind, same[0], details, group, tuple(same[1:])) for (group, kind, details), same in names.items()
    )


def by_titles(review: Review) -> list[tuple[str, str]]:
    """The stacks that get the same parts, and those parts, as text."""
    stacks: dict[tuple[str, ...], list[str]] = {}
    for stack, titles in review.touched:
        stacks.setdefault(titles, []).append(stack)
    return [(", ".join(names), ", ".join(titles)) for titles, names in stacks.items()]


def summary(review: Review) -> str:
    """How much changed of each sort, and how many risks are in it: `SLOs: 1 changed; Alerts: 1 added, 5 changed`."""
    counts: dict[str, Counter[Kind]] = {}
    risks = 0
    for one in review.parts:
        for section in one.sections:
            for change in section.changes:
                counts.setdefault(section.title, Counter())[change.kind] += len(change.names)
                risks += len(change.names) * any(detail.is_risk for detail in change.details)
    told = [
        f"{title}: {', '.join(f'{count[kind]} {kind}' for kind in ('added', 'removed', 'changed') if count[kind])}"
        for title, count in counts.items()
    ]
    return "; ".join([f"{RISK} {risks} {'risk' if risks == 1 else 'risks'}"] * bool(risks) + told)


def cost_lines(review: Review) -> list[str]:
    """What the rules of each part cost before and after."""
    return [
        f"cost of {title}: {before:,} → {after:,} samples per 30 s ({review.costs.basis})"
        for title, before, after in review.costs.samples
    ]
