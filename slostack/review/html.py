"""A review as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from slostack.review.changes import RISK, STALE, Dashboards, PanelChange, Part, Review, by_titles, cost_lines, summary
from slostack.review.drawing import drawn, layout
from slostack.review.figures import figures
from slostack.review.timeline import replays

if TYPE_CHECKING:
    from slostack.backtest import Backtest
    from slostack.backtest.prometheus import Prometheus

MOST_PICTURES = 40
"""Of so many panels pictures are drawn; the others are only named."""
_PLACED = {"row", "moved", "size"}
_PAGES = Environment(
    loader=PackageLoader("slostack.review"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Picture:
    """A panel before and after."""

    kind: str
    name: str
    before: Markup
    after: Markup


def as_html(review: Review, prometheus: Prometheus | None = None, backtest: Backtest | None = None) -> str:
    """The page; changed panels are drawn with what a Prometheus holds, else with made-up data, as the page says.

    A backtest of the same edit comes after it.
    """
    return _PAGES.get_template("report.html.j2").render(
        review=review,
        summary=summary(review),
        stacks=by_titles(review),
        costs=cost_lines(review),
        stale=STALE,
        risk=RISK,
        source=f"the last 6 h in {prometheus.shown}" if prometheus else "",
        replayed=_headline(backtest) if backtest else "",
        replays=replays(backtest) if backtest else (),
        pictures={part.title: list(_pictures(part, prometheus)) for part in review.parts},
        layouts={part.title: _layouts(part.dashboards) for part in review.parts if part.dashboards},
    )


def _headline(backtest: Backtest) -> str:
    from slostack.backtest import words

    return words.headline(backtest) if backtest.cases else words.nothing(backtest)


def _pictures(part: Part, prometheus: Prometheus | None) -> Iterator[Picture]:
    for change in part.dashboards.panels[:MOST_PICTURES] if part.dashboards else ():
        if change.kind == "changed" and all(detail.field in _PLACED for detail in change.details):
            continue
        before, after = figures(change, prometheus)
        name = f"{change.row} / {change.title}" if change.row else change.title
        yield Picture(change.kind, name, drawn(before, after), drawn(after, before))


def _layouts(dashboards: Dashboards) -> tuple[Markup, Markup] | None:
    """The whole dashboard before and after, where panels stand elsewhere, came or went."""
    marks = {id(side): mark for change in dashboards.panels if (mark := _mark(change)) for side in _sides(change)}
    if not marks or not dashboards.before or not dashboards.after:
        return None
    return layout(dashboards.before, marks), layout(dashboards.after, marks)


def _mark(change: PanelChange) -> str:
    if change.kind != "changed":
        return change.kind
    return "moved" if any(detail.field in _PLACED for detail in change.details) else ""


def _sides(change: PanelChange) -> Iterator[object]:
    yield from (side for side in (change.before, change.after) if side is not None)
