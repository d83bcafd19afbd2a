"""Scorecards for a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from slostack.audit import words
from slostack.audit.scorecard import CategoryScore, Evidence, Scorecard

_STYLES = {"yes": "green", "attested": "green", "no": "red", "no data": "red"}


def show(console: Console, card: Scorecard) -> None:
    """Prints a scorecard: its categories, its coverage, and what to do next."""
    _line(console, words.headline(card), "bold")
    if unseen := words.unseen(card):
        _line(console, unseen, "yellow")
    console.print()
    categories = _table("category", "score")
    for category in card.categories:
        categories.add_row(category.title, Text(words.score(category), style=_style(category)))
    console.print(categories)
    console.print()
    coverage = _table("coverage", "health check", "alert", "panel")
    for row in card.coverage:
        coverage.add_row(row.title, *map(_cell, row.cells))
    console.print(coverage)
    for note in words.notes(card):
        _line(console, note)
    if steps := tuple(words.steps(card)):
        console.print()
        _line(console, "what to do next", "bold")
        for step in steps:
            _line(console, f"{step.category}: {step.what}")
            _line(console, f"  {step.next}")


def _cell(evidence: Evidence) -> Text:
    word = words.cell(evidence)
    return Text(word, style=_STYLES.get(word, "yellow"))


def _style(category: CategoryScore) -> str:
    return "green" if category.score >= 8 else "yellow" if category.score >= 5 else "red"


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
