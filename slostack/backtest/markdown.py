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
    if any(outcome.detections for _, outcome in sides):
        found = zip(*(outcome.detections for _, outcome in sides), strict=True)
        rows = [
            [each[0].incident.title, words.moment(each[0].incident.start.timestamp()), *map(words.detection, each)]
            for each in found
        ]
        yield from table(["incident", "began (UTC)", *(title for title, _ in sides)], rows)
    rows = [
        [title, words.moment(firing.start), words.lasted(firing, end), words.name(firing), firing.severity]
        for title, outcome in sides
        for firing in outcome.firings
    ]
    if rows:
        yield from (f"<details><summary>{len(rows)} firings</summary>", "")
        yield from table(["", "fired (UTC)", "for", "alert", "severity"], rows)
        yield from ("</details>", "")
