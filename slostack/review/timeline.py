"""A backtest as pictures: what fired when, before and after, over the incidents that are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from markupsafe import Markup

from slostack.review.drawing import svg

if TYPE_CHECKING:
    from slostack.backtest import Backtest, Case, Incident

WIDTH = 940
_LEFT, _RIGHT, _TOP, _LANE, _BOTTOM = 60, 10, 22, 30, 20
_DATES = 6
_LEAST = 2.5
"""A firing is drawn so wide at least."""


@dataclass(frozen=True)
class Replay:
    """One SLO's figures by what they are called, a column per side, and what fired as a picture and in tables, whose
    first rows are their heads.
    """

    title: str
    notes: tuple[str, ...]
    sides: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    picture: Markup
    incidents: tuple[tuple[str, ...], ...]
    firings: tuple[tuple[str, ...], ...]


def replays(backtest: Backtest) -> tuple[Replay, ...]:
    """Every SLO of a backtest."""
    return tuple(_replay(case, backtest) for case in backtest.cases)


def _replay(case: Case, backtest: Backtest) -> Replay:
    from slostack.backtest import words

    sides = words.sides(case)
    told = [words.figures(outcome) for _, outcome in sides]
    rows = tuple(
        (name, *(each.get(name, words.NO) for each in told))
        for name in dict.fromkeys(name for one in told for name in one)
    )
    concerning = [one for one in backtest.incidents if one.concerns(case.service, case.slo)]
    shapes = [*_axis(backtest, len(sides)), *_incidents(concerning, backtest, len(sides)), *_firings(case, backtest)]
    height = _TOP + _LANE * len(sides) + _BOTTOM
    titles = tuple(title for title, _ in sides)
    return Replay(
        f"{case.service}/{case.slo}",
        case.notes,
        titles,
        rows,
        svg(WIDTH, height, shapes),
        words.incidents(case),
        words.firings(case, backtest.end),
    )


def _x(at: float, backtest: Backtest) -> float:
    share = (at - backtest.start) / ((backtest.end - backtest.start) or 1)
    return round(_LEFT + (WIDTH - _RIGHT - _LEFT) * min(max(share, 0.0), 1.0), 1)


def _axis(backtest: Backtest, lanes: int) -> Iterator[Markup]:
    bottom = _TOP + _LANE * lanes
    for nth in range(_DATES):
        at = backtest.start + (backtest.end - backtest.start) * nth / _DATES
        x, date = _x(at, backtest), datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
        yield Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text x="{}" y="{}">{}</text>').format(
            x, x, _TOP, bottom, x + 3, bottom + 14, date
        )


def _incidents(incidents: list[Incident], backtest: Backtest, lanes: int) -> Iterator[Markup]:
    for one in incidents:
        x, end = _x(one.start.timestamp(), backtest), _x(one.end.timestamp(), backtest)
        yield Markup(
            '<rect class="incident" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
            '<text class="incident-title" text-anchor="{}" x="{}" y="{}">{}</text>'
        ).format(x, _TOP, max(end - x, _LEAST), _LANE * lanes, one.title, *_within(x), _TOP - 7, one.title)


def _within(x: float) -> tuple[str, float]:
    """How a title at a place stands, so that it ends inside the picture."""
    return ("start", x) if x < WIDTH / 2 else ("end", min(x + _LEAST, WIDTH - _RIGHT))


def _firings(case: Case, backtest: Backtest) -> Iterator[Markup]:
    from slostack.backtest import words

    for lane, (title, outcome) in enumerate(words.sides(case)):
        y = _TOP + _LANE * lane
        yield Markup('<text x="4" y="{}">{}</text>').format(y + _LANE / 2 + 3, title)
        for firing in sorted(outcome.firings, key=lambda one: one.is_page):
            x, end = _x(firing.start, backtest), _x(firing.end or backtest.end, backtest)
            # a ticket is the lower half, so that pages stay visible beside one that lasts for days
            top, height = (y + 4, 11) if firing.is_page else (y + 17, 8)
            told = f"{words.name(firing)} at {words.moment(firing.start)}, {words.lasted(firing, backtest.end)}"
            yield Markup(
                '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"><title>{}</title></rect>'
            ).format("page" if firing.is_page else "ticket", x, top, max(end - x, _LEAST), height, told)
