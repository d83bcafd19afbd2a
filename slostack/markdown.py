"""Tables and text of Markdown reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table and an empty one; cells are plain text."""
    yield _row(head)
    yield f"| {' | '.join(['---'] * len(head))} |"
    yield from map(_row, rows)
    yield ""


def text(plain: str) -> str:
    """Text of which nothing is taken for markup, on one line."""
    line = " ".join(plain.split())
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#|~" else character for character in line)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(text, cells))} |"
