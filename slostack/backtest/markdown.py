"""A backtest as Markdown, for a pull request's comment."""

from __future__ import annotations

from collections.abc import Iterator

from slostack.backtest import words
from slostack.backtest.model import Backtest, Case
from slostack.markdown import table, text


def as_markdown(backtest: Backtest) -> str:
    """Every SLO with its figures before and after; firings and incidents are folded away where there are many."""
    lines = [f"## Backtest: {text(words.headline(backtest))}", ""]
    for note in backtest.notes:
        lines += [f"> Note: {text(note)}", ""]
    if not backtest.cases:
        lines += [text(words.nothing(backtest)), ""]
    for case in backtest.cases:
        lines += [f"### {text(f'{case.service}/{case.slo}')}", ""]
        for note in case.notes:
            lines += [f"> Note: {text(note)}", ""]
        lines += _case(case, backtest.end)
    return "\n".join(lines)


def _case(case: Case, end: float) -> Iterator[str]:
    sides = words.sides(case)
    if not sides:
        return
    told = [words.figures(outcome) for _, outcome in sides]
    what = dict.fromkeys(what for each in told for what in each)
    rows = [[name, *(each.get(name, words.NO) for each in told)] for name in what]
    yield from table(["", *(title for title, _ in sides)], rows)
    if caught := words.incidents(case):
        yield from table(caught[0], caught[1:])
    if fired := words.firings(case, end):
        yield from (f"<details><summary>What fired when ({len(fired) - 1})</summary>", "")
        yield from table(fired[0], fired[1:])
        yield from ("</details>", "")
