"""Where panels stand in two versions of a dashboard: which one became which, and which ones somebody moved."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf

from slostack.review.changes import Json

PLACE = ("gridPos", "id", "panels", "collapsed")
"""Where a panel stands and how it is stored, which is no change of what it shows."""


@dataclass(frozen=True)
class PanelKey:
    """What tells a panel from the others of its dashboard: its row and title, and else its position."""

    row: str
    title: str
    nth: int


Panels = Mapping[PanelKey, Json]
Named = tuple[PanelKey, Json]
Match = tuple[PanelKey | None, PanelKey | None]


@dataclass(frozen=True)
class Place:
    """A panel's rectangle on Grafana's grid of 24 columns."""

    x: int
    y: int
    width: int
    height: int

    def __str__(self) -> str:
        return f"column {self.x}, line {self.y}"

    @property
    def size(self) -> str:
        """Width and height as text: `12 by 8`."""
        return f"{self.width} by {self.height}"


def place(panel: Json) -> Place | None:
    """Where a panel stands; None where its file doesn't say."""
    grid = panel.get("gridPos")
    values = [grid.get(name) for name in "xywh"] if isinstance(grid, dict) else []
    numbers = [value for value in values if isinstance(value, int)]
    return Place(*numbers) if len(numbers) == 4 else None


def matches(old: Panels, new: Panels) -> list[Match]:
    """Each panel with what it became: the same row and title; else the same title in another row, the same content
    under another title, or the same id. In the order of `new`; those that are gone come last.
    """
    found: dict[PanelKey, PanelKey] = {key: key for key in new if key in old}
    for alike in (_same_title, _same_content, _same_id):
        for key in [key for key in new if key not in found]:
            taken = set(found.values())
            if was := next((k for k in old if k not in taken and alike((k, old[k]), (key, new[key]))), None):
                found[key] = was
    taken = set(found.values())
    return [*((found.get(key), key) for key in new), *((key, None) for key in old if key not in taken)]


def _same_title(old: Named, new: Named) -> bool:
    return old[0].title == new[0].title and old[1].get("type") == new[1].get("type")


def _same_content(old: Named, new: Named) -> bool:
    return old[0].row == new[0].row and "targets" in old[1] and _content(old[1]) == _content(new[1])


def _same_id(old: Named, new: Named) -> bool:
    return old[1].get("id") is not None and all(old[1].get(name) == new[1].get(name) for name in ("id", "type"))


def _content(panel: Json) -> Json:
    return {name: value for name, value in panel.items() if name not in (*PLACE, "title")}


def moved(old: Panels, new: Panels, matched: list[Match]) -> frozenset[PanelKey]:
    """The panels, by their new key, that were moved: those that stand in another order than the rest, or elsewhere in
    their line. What only gives way to a panel that was moved, resized, added or removed was not moved itself.
    """
    was = {now: at for before, now in matched if before and now and (at := place(old[before]))}
    now = {key: at for key in was if (at := place(new[key]))}
    keys = sorted(now, key=lambda key: (was[key].y, was[key].x))
    stayed = _longest_rising(keys, lambda key: (now[key].y, now[key].x))
    disturbed = {key for key in keys if key not in stayed or was[key].size != now[key].size}
    gone = (at.y for key, after in matched if key and not after and (at := place(old[key])))
    came = (at.y for before, key in matched if key and not before and (at := place(new[key])))
    first = min((*(was[key].y for key in disturbed), *gone), default=inf)
    first_now = min((*(now[key].y for key in disturbed), *came), default=inf)
    found = {key for key in keys if key not in stayed}
    for key in stayed:
        if was[key].y >= first or now[key].y >= first_now:
            continue
        beside, beside_now = ({k for k in keys if k != key and at[k].y == at[key].y} for at in (was, now))
        if was[key].x != now[key].x or (now[key].x > 0 and beside != beside_now):
            found.add(key)
    return frozenset(found)


def _longest_rising(keys: list[PanelKey], value: Callable[[PanelKey], tuple[int, int]]) -> frozenset[PanelKey]:
    """The most keys whose values rise in their order (patience sorting)."""
    tops: list[tuple[int, int]] = []
    piles: list[PanelKey] = []
    before: dict[PanelKey, PanelKey | None] = {}
    for key in keys:
        at = bisect_left(tops, value(key))
        before[key] = piles[at - 1] if at else None
        tops[at : at + 1] = [value(key)]
        piles[at : at + 1] = [key]
    found = set()
    last = piles[-1] if piles else None
    while last is not None:
        found.add(last)
        last = before[last]
    return frozenset(found)
