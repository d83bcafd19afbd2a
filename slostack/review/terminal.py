"""A review as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import click

from slostack.review.changes import RISK, STALE, Change, Detail, Kind, Review, by_titles, cost_lines

_SIGNS: dict[Kind, tuple[str, str]] = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_WIDTH = 110


def as_text(review: Review) -> str:
    """The review for a terminal, with colours that `click.echo` leaves out where they aren't wanted."""
    lines = [click.style(f"note: {note}", fg="yellow") for note in review.notes]
    lines.append(f"{'Changes' if review.parts else 'no change'} against {review.revision}")
    lines += [f"stack {names}: {titles}" for names, titles in by_titles(review)]
    lines += cost_lines(review)
    lines += [f"{STALE}: {', '.join(review.stale_runbooks)}"] if review.stale_runbooks else []
    for part in review.parts:
        sign, colour = _SIGNS[part.kind]
        title = part.title if part.kind == "changed" else f"{sign} {part.title} ({part.kind})"
        lines += ["", click.style(title, fg=colour, bold=True)]
        for section in part.sections:
            lines.append(click.style(f"  {section.title}", bold=True))
            lines += [f"    {line}" for change in section.changes for line in _lines(change)]
    return "\n".join(lines) + "\n"


def _lines(change: Change) -> Iterator[str]:
    sign, colour = _SIGNS[change.kind]
    names = ("; " if any(", " in name for name in change.names) else ", ").join(change.names)
    name = f"{change.group} / {names}" if change.group else names
    texts = [line for detail in change.details for line in _texts(detail)]
    head = f"{click.style(sign, fg=colour)} {name}"
    if len(texts) == 1 and len(name) + len(texts[0]) <= _WIDTH:
        yield f"{head}: {texts[0]}"
        return
    yield head
    yield from (f"    {text}" for text in texts)


def _texts(detail: Detail) -> Iterator[str]:
    """A detail on one line, or on one for its field and each value where these are long."""
    meaning = f" ({detail.meaning})" if detail.meaning else ""
    field = f"{RISK} {detail.field}".strip() if detail.is_risk else detail.field
    match detail.before, detail.after:
        case None, None:
            yield f"{field}{meaning}"
        case None, after:
            yield f"{field} {after}{meaning}".strip()
        case before, after:
            now = "(none)" if after is None else after
            line = f"{field} {before} → {now}{meaning}".strip()
            yield from [line] if len(line) <= _WIDTH else _on_lines(field, before, f"{now}{meaning}")


def _on_lines(field: str, before: str, now: str) -> list[str]:
    return [f"{field}:", f"    {before}", f"  → {now}"] if field else [f"  {before}", f"→ {now}"]
