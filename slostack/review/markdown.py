"""A review as Markdown, for a pull request's comment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slostack.review.changes import RISK, STALE, Change, Detail, Review, by_titles, cost_lines, summary


def as_markdown(review: Review) -> str:
    """The review as Markdown; every name and value is in a code span, so that nothing in it is taken for markup."""
    lines = [f"## Changes against {_code(review.revision)}", ""]
    for note in review.notes:
        lines += [f"> Note: {_code(note)}", ""]
    if not review.parts:
        lines += ["No change.", ""]
    else:
        lines += [f"**{summary(review)}**", ""] if summary(review) else []
    lines += [f"- stack {_code(names)} gets {_code(titles)}" for names, titles in by_titles(review)]
    lines += [f"- {line}" for line in cost_lines(review)]
    lines += [f"- {STALE}: {', '.join(map(_code, review.stale_runbooks))}"] if review.stale_runbooks else []
    lines += [""] if review.touched or review.costs.samples or review.stale_runbooks else []
    for part in review.parts:
        kind = "" if part.kind == "changed" else f" ({part.kind})"
        lines += [f"### {_code(part.title)}{kind}", ""]
        for section in part.sections:
            lines += [f"**{section.title}**", ""]
            lines += [line for change in section.changes for line in _lines(change)]
            lines.append("")
    return "\n".join(lines)


def _lines(change: Change) -> Iterator[str]:
    group = f"{_code(change.group)} / " if change.group else ""
    head = f"- {change.kind} {group}{', '.join(map(_code, change.names))}"
    if len(change.details) == 1:
        yield f"{head}: {_text(change.details[0])}"
        return
    yield head
    for detail in change.details:
        yield f"  - {_text(detail)}"


def _text(detail: Detail) -> str:
    match detail.before, detail.after:
        case None, None:
            values = ""
        case None, str(after):
            values = f" {_code(after)}"
        case str(before), after:
            values = f" {_code(before)} → {_code(after) if after is not None else '(none)'}"
    meaning = f" ({detail.meaning})" if detail.meaning else ""
    field = f"{RISK} {detail.field}".strip() if detail.is_risk else detail.field
    return f"{field}{values}{meaning}".strip()


def _code(text: str) -> str:
    """A code span of any text on one line, with a fence longer than any run of backticks in it."""
    line = " ".join(text.split())
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    padding = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{padding}{line}{padding}{fence}"
