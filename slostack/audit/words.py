"""A scorecard in words, for every format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slostack.audit.scorecard import CategoryScore, Evidence, Point, Scorecard, State

WORDS: dict[State, str] = {
    "met": "yes",
    "partly": "in part",
    "unseen": "not seen",
    "absent": "no data",
    "missing": "no",
    "attested": "attested",
    "attested long ago": "attested long ago",
}
MOST_NAMES = 5
"""Of what lacks to a point so many are named."""


@dataclass(frozen=True)
class Step:
    """What to do next about a point that isn't met as a whole."""

    category: str
    what: str
    next: str


def headline(card: Scorecard) -> str:
    """Its service, score and source."""
    source = f"what {card.source} has" if card.source else "no Prometheus"
    return f"{card.service} (team {card.team}): {card.score:.1f} of 10, by its files and {source}"


def unseen(card: Scorecard) -> str:
    """What could not be looked at, and what that means; empty where all could."""
    by_category: dict[str, list[str]] = {}
    for category, asks in card.unseen:
        by_category.setdefault(category, []).append(asks)
    named = "; ".join(f"{category}: {', '.join(asks)}" for category, asks in by_category.items())
    counts = "counts half, and nothing in a category of which nothing is seen"
    return f"missing evidence, as nothing tells; what is only configured {counts}: {named}" if named else ""


def score(category: CategoryScore) -> str:
    """Its score, and the day of an attestation."""
    attested = f" (attested {category.attested.date})" if category.attested else ""
    return f"{category.score:.1f}{attested}"


def cell(evidence: Evidence) -> str:
    """A cell of the coverage."""
    return WORDS[evidence.state]


def steps(card: Scorecard) -> Iterator[Step]:
    """What to do next, in the order of the categories."""
    for category in card.categories:
        for point in category.points:
            if point.worth < 1 and point.state != "unseen":
                yield Step(category.title, _lack(point), point.next)


def without(card: Scorecard) -> str:
    """The parts that the service doesn't have; empty where it has all."""
    return f"not a part of it: {', '.join(card.without)}" if card.without else ""


def untold(card: Scorecard) -> str:
    """The parts that nothing tells of; empty where there are none."""
    named = ", ".join(card.untold)
    return f"nothing tells that it has these, which `coverage` can name: {named}" if named else ""


def waiting(card: Scorecard) -> str:
    """The panels that can't show anything yet; empty where there are none."""
    panels = (f"{title} (samples of {ago} ago)" for title, ago in card.waiting.items())
    return f"panels that compare with a time before the first sample: {', '.join(panels)}" if card.waiting else ""


def notes(card: Scorecard) -> tuple[str, ...]:
    """What isn't judged, and why."""
    return tuple(filter(None, (without(card), untold(card), waiting(card))))


def _lack(point: Point) -> str:
    named = point.lacking[:MOST_NAMES]
    more = f" and {len(point.lacking) - len(named)} more" if len(point.lacking) > len(named) else ""
    lacking = f": {', '.join(named)}{more}" if named else ""
    return f"{point.asks}: {WORDS[point.state]}{lacking}"
