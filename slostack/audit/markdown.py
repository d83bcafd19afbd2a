"""Scorecards as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from slostack.audit import words
from slostack.audit.scorecard import Scorecard
from slostack.markdown import table, text


def as_markdown(cards: Iterable[Scorecard]) -> str:
    """Every scorecard under a title of its own."""
    return "\n".join(line for card in cards for line in _card(card))


def _card(card: Scorecard) -> list[str]:
    lines = [f"## Readiness of {text(words.headline(card))}", ""]
    if unseen := words.unseen(card):
        lines += [f"> Note: {text(unseen)}", ""]
    lines += table(["category", "score"], [[each.title, words.score(each)] for each in card.categories])
    rows = [[row.title, *map(words.cell, row.cells)] for row in card.coverage]
    lines += table(["coverage", "health check", "alert", "panel"], rows)
    for note in words.notes(card):
        lines += [text(note), ""]
    if steps := tuple(words.steps(card)):
        lines += ["### What to do next", ""]
        lines += [f"- {text(f'{step.category}: {step.what}')}: {text(step.next)}" for step in steps]
        lines.append("")
    return lines
