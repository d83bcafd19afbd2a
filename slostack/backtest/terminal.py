"""A backtest for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from slostack.approximately import duration
from slostack.backtest import words
from slostack.backtest.model import Backtest, Case

_STYLES = {True: "red", False: "yellow"}
"""Of pages, and of others."""


def show(console: Console, backtest: Backtest) -> None:
    """Prints every SLO with its figures, firings and incidents, before and after."""
    console.print(words.headline(backtest), highlight=False, markup=False, soft_wrap=True)
    for note in backtest.notes:
        console.print(f"note: {note}", style="yellow", highlight=False, markup=False, soft_wrap=True)
    if not backtest.cases:
        console.print(words.nothing(backtest), highlight=False, markup=False, soft_wrap=True)
    for case in backtest.cases:
        console.print()
        console.print(Text(f"{case.service}/{case.slo}", style="bold"))
        for note in case.notes:
            console.print(f"note: {note}", style="yellow", highlight=False, markup=False, soft_wrap=True)
        for number, table in enumerate(_tables(case, backtest.end)):
            if number:
                console.print()
            console.print(table)


def _tables(case: Case, end: float) -> Iterator[Table]:
    sides = words.sides(case)
    if not sides:
        return
    figures = _table("", *(title for title, _ in sides))
    told = [words.figures(outcome) for _, outcome in sides]
    for what in dict.fromkeys(what for each in told for what in each):
        figures.add_row(what, *(each.get(what, words.NO) for each in told))
    yield figures
    if any(outcome.firings for _, outcome in sides):
        firings = _table("", "fired (UTC)", "for", "alert", "severity")
        for title, outcome in sides:
            for firing in outcome.firings:
                alert = Text(words.name(firing), style=_STYLES[firing.is_page])
                firings.add_row(title, words.moment(firing.start), words.lasted(firing, end), alert, firing.severity)
        yield firings
    if any(outcome.detections for _, outcome in sides):
        incidents = _table("incident", "began (UTC)", "lasted", *(title for title, _ in sides))
        for found in zip(*(outcome.detections for _, outcome in sides), strict=True):
            incident = found[0].incident
            start, stop = incident.start.timestamp(), incident.end.timestamp()
            caught = map(words.detection, found)
            incidents.add_row(incident.title, words.moment(start), duration(stop - start), *caught)
        yield incidents


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    return table
