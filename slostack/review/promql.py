"""PromQL in a review: its formatting is no change, and of a long expression only what differs is shown."""

from __future__ import annotations

import re
from functools import lru_cache

from slostack.review.changes import Detail
from slostack.spec.quantities import parse_promql

_TOKEN = re.compile(r"[\w.:]+|\s+|.")
SHORT = 80
"""An expression of so many characters is shown in full."""
_MOST_CHARACTERS = 10_000
_CONTEXT = 3


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """An expression without the accidents of its formatting; what isn't PromQL only without those of white space."""
    try:
        return parse_promql(text).prettify() if len(text) <= _MOST_CHARACTERS else one_line(text)
    except ValueError:
        return one_line(text)


def one_line(text: str) -> str:
    """A text with all white space as single blanks."""
    return " ".join(text.split())


def changed_promql(field: str, old: str | None, new: str | None, short: int = SHORT) -> tuple[Detail, ...]:
    """The detail of an expression where it differs in more than formatting, else nothing.

    Of an expression of more than `short` characters only what differs is shown.
    """
    if old is None or new is None:
        return () if old == new else (Detail(field, old and one_line(old), new and one_line(new)),)
    if normal(old) == normal(new):
        return ()
    before, after = one_line(old), one_line(new)
    return (Detail(field, *(_differing(before, after) if max(len(before), len(after)) > short else (before, after))),)


def _differing(old: str, new: str) -> tuple[str, str]:
    """Two texts without what both begin and end with, but for a few words around the difference."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    start, end = max(0, start - _CONTEXT), max(0, end - _CONTEXT)
    return _cut(before, start, end), _cut(after, start, end)


def _common(old: list[str], new: list[str]) -> int:
    """How many items two lists have in common from their beginning."""
    return next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _cut(tokens: list[str], start: int, end: int) -> str:
    middle = "".join(tokens[start : len(tokens) - end]).strip()
    return ("… " if start else "") + middle + (" …" if end else "")
