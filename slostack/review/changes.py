"""What changed between two trees of SLO files, as data: named things with their fields before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Json = dict[str, Any]
Kind = Literal["added", "removed", "changed"]
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Detail:
    """One field of a changed thing; `before` or `after` is None where it has no value, both where only named."""

    field: str
    before: str | None = None
    after: str | None = None
    meaning: str = ""


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
    """The changes of one service, or of one hand-written file; `dashboards` is the one whose panels changed."""

    title: str
    kind: Kind
    sections: tuple[Section, ...]
    dashboards: Dashboards | None = None


@dataclass(frozen=True)
class Review:
    """What the working tree changes against a revision; `notes` say what of the revision could not be compared."""

    revision: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()


def part(
    title: str, kind: Kind, sections: Mapping[str, Iterable[Change]], dashboards: Dashboards | None = None
) -> tuple[Part, ...]:
    """The part with its sections that hold changes; nothing where none does and it was neither added nor removed."""
    filled = tuple(Section(name, merged(found)) for name, changes in sections.items() if (found := tuple(changes)))
    return (Part(title, kind, filled, dashboards),) if filled or kind != "changed" else ()


def pairs(old: Mapping[K, V], new: Mapping[K, V]) -> list[tuple[K, V | None, V | None]]:
    """Every key with its value before and after: the keys of `new` in their order, then those that are gone."""
    return [(key, old.get(key), new.get(key)) for key in dict.fromkeys((*new, *old))]


def difference(field: str, before: str | None, after: str | None, meaning: str = "") -> tuple[Detail, ...]:
    """The field's detail where it differs, else nothing."""
    return (Detail(field, before, after, meaning),) if before != after else ()


def merged(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Changes of one group that say the same of several things, as one change that names them all."""
    names: dict[tuple[str, Kind, tuple[Detail, ...]], list[str]] = {}
    for change in changes:
        names.setdefault((change.group, change.kind, change.details), []).append(change.name)
    return tuple(
        Change(kind, same[0], details, group, tuple(same[1:])) for (group, kind, details), same in names.items()
    )
