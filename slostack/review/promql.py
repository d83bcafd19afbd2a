"""PromQL in a review: its formatting is no change, and of a long expression only what differs is shown."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache

from promql_parser import ParenExpr

from slostack.review.changes import Detail
from slostack.spec.syntax import QUOTED, Expr, parse_promql

_GROUPING = re.compile(
    rf"(?P<kept>{QUOTED})|\b(?P<word>by|without|on|ignoring|group_left|group_right) \((?P<labels>[^()\"']*)\)",
    re.DOTALL,
)
_TOKEN = re.compile(r"[\w.:]+|\s+|.")
SHORT = 80
"""An expression of so many characters is shown in full."""
_MOST_CHARACTERS = 10_000
_CONTEXT = 3
_MOST_MATCHED = 2_000
"""Of so many words that differ each is looked for in the other text; more are shown as a whole."""


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """An expression without the accidents of its formatting: white space, order of matchers and of grouping labels,
    parentheses around the whole; what isn't PromQL only without those of white space.
    """
    try:
        return _printed(parse_promql(text)) if len(text) <= _MOST_CHARACTERS else one_line(text)
    except ValueError:
        return one_line(text)


def _printed(tree: Expr) -> str:
    while isinstance(tree, ParenExpr):
        tree = tree.expr
    return _GROUPING.sub(_sorted, str(tree.prettify()))


def _sorted(match: re.Match[str]) -> str:
    if match["kept"] is not None:
        return match["kept"]
    return f"{match['word']} ({', '.join(sorted(label.strip() for label in match['labels'].split(',')))})"


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
    """Two texts without what both have in common, but for a few words around each difference."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    start, end = max(0, start - _CONTEXT), max(0, end - _CONTEXT)
    cuts = [(start, len(before) - end, start, len(after) - end)]
    if sum(map(len, (before, after))) - 2 * (start + end) <= _MOST_MATCHED:
        middle = SequenceMatcher(None, before[start : cuts[0][1]], after[start : cuts[0][3]], autojunk=False)
        cuts = [
            (start + group[0][1], start + group[-1][2], start + group[0][3], start + group[-1][4])
            for group in middle.get_grouped_opcodes(_CONTEXT)
        ]
    return _cut(before, [cut[:2] for cut in cuts]), _cut(after, [cut[2:] for cut in cuts])


def _common(old: list[str], new: list[str]) -> int:
    """How many items two lists have in common from their beginning."""
    return next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _cut(tokens: list[str], parts: list[tuple[int, int]]) -> str:
    """Some parts of a text, with an ellipsis for each that is left out."""
    shown = " … ".join("".join(tokens[start:end]).strip() for start, end in parts)
    return ("… " if parts[0][0] else "") + shown + (" …" if parts[-1][1] < len(tokens) else "")
