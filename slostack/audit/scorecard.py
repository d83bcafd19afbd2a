"""The scorecard of a service: ten categories with their points, and the rows of its coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from slostack.spec.readiness import Attestation, Category, CoverageRow

State = Literal["met", "partly", "unseen", "absent", "missing", "attested", "attested long ago"]
"""Of a point: met by what is seen; by part of it; configured, but nobody could be asked whether it is there;
configured, and not there; not configured; or attested by people."""
FULL = 10
ATTESTED_DAYS = 90
"""After so many days an attestation counts half."""


@dataclass(frozen=True)
class Evidence:
    """One thing that could meet a point: whether it is configured, and seen; None where nobody could be asked."""

    name: str
    configured: bool
    seen: bool | None = True

    @property
    def worth(self) -> float:
        """1 of what is there, a half of what is configured and can't be looked at, else nothing."""
        if not self.configured or self.seen is False:
            return 0.0
        return 0.5 if self.seen is None else 1.0

    @property
    def state(self) -> State:
        if not self.configured:
            return "missing"
        return "unseen" if self.seen is None else "met" if self.seen else "absent"


@dataclass(frozen=True)
class Point:
    """A point of a category, with what it is worth (0 to 1), whether anything shows that (evidence that is seen, or
    people who attest it), what lacks to it by name (where nothing does, what could not be seen), and what to do."""

    asks: str
    state: State
    worth: float
    shown: bool
    lacking: tuple[str, ...]
    next: str


@dataclass(frozen=True)
class CategoryScore:
    """A category with its score, 0 to 10: nothing, where it is configured and nothing of it is shown."""

    category: Category
    title: str
    points: tuple[Point, ...]
    attested: Attestation | None

    @property
    def score(self) -> float:
        if not any(point.shown for point in self.points):
            return 0.0
        return FULL * sum(point.worth for point in self.points) / len(self.points)


@dataclass(frozen=True)
class CoverageCells:
    """A row of the coverage: its health check, its alert and its panel."""

    row: CoverageRow
    title: str
    next: str
    """What to do where something lacks."""
    health: Evidence
    alert: Evidence
    panel: Evidence

    @property
    def cells(self) -> tuple[Evidence, Evidence, Evidence]:
        return self.health, self.alert, self.panel


@dataclass(frozen=True)
class Scorecard:
    """All of it. `source` is the Prometheus that was asked, `unseen` what could not be looked at without one."""

    service: str
    team: str
    source: str | None
    categories: tuple[CategoryScore, ...]
    coverage: tuple[CoverageCells, ...]
    without: tuple[str, ...]
    """Rows of parts that the service doesn't have, as its file says."""
    untold: tuple[str, ...] = ()
    """Rows of parts of which nothing tells, so that nothing is asked of them."""
    waiting: Mapping[str, str] = field(default_factory=dict)
    """How long ago there have to have been samples before a panel, by its title, can show anything."""

    @property
    def score(self) -> float:
        """The mean of its categories, 0 to 10."""
        return sum(each.score for each in self.categories) / len(self.categories)

    @property
    def unseen(self) -> tuple[tuple[str, str], ...]:
        """The category and the point of what is configured and could not be looked at."""
        return tuple(
            (each.title, point.asks) for each in self.categories for point in each.points if point.state == "unseen"
        )


def judged(
    asks: str,
    evidence: Sequence[Evidence],
    need: Literal["any", "all"],
    next: str,
    attested: float = 0.0,
    no_data: str | None = None,
) -> Point:
    """A point by its evidence: the best of it, or the mean of all.

    `no_data` is what is to be done in place of `next` where all of it is configured, and not there. `attested` (0 to 1)
    stands for what isn't configured or couldn't be looked at, not for what is looked for in vain.
    """
    best = max(evidence, key=lambda each: (each.worth, each.configured), default=Evidence("", configured=False))
    counted = list(evidence) or [best] if need == "all" else [best]
    worth = sum(each.worth for each in counted) / len(counted)
    absent = any(each.state == "absent" for each in counted)
    if attested > worth and not absent:
        return Point(asks, "attested" if attested == 1 else "attested long ago", attested, True, (), next)
    lacking = [each.name for each in counted if each.name and not each.worth]
    unseen = [each.name for each in counted if each.name and each.state == "unseen"]
    shown = any(each.state == "met" for each in counted)
    state = _state(counted, worth)
    todo = no_data if no_data and state == "absent" else next
    return Point(asks, state, worth, shown, tuple(lacking or unseen), todo)


def _state(counted: Sequence[Evidence], worth: float) -> State:
    states = {each.state for each in counted}
    if len(states) == 1:
        return states.pop()
    if states == {"met", "unseen"}:
        return "unseen"
    return "partly" if worth else "absent"


def attested_worth(attestation: Attestation | None, today: date) -> float:
    """What an attestation counts: 1, a half once it is old, nothing where it is of a day to come."""
    if attestation is None or attestation.date > today:
        return 0.0
    return 1.0 if (today - attestation.date).days <= ATTESTED_DAYS else 0.5
