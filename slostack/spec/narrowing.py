"""PromQL whose selectors get further matchers, its text else as it was."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from slostack.spec.syntax import QUOTED, TEXT

_NAME = r"[a-zA-Z_:][\w:]*+"
_MATCHERS = rf"""(?:{QUOTED}|[^"'`}}])*+"""
_RANGE = r"\[[^\]]*+\]"
_LABELS = r"(?i:by|without|on|ignoring|group_left|group_right)\s*+\([^)]*+\)"
_FUNCTION = rf"{_NAME}(?=\s*+\(|\s++(?i:by|without)\b)"
_KEYWORD = r"(?i:bool|offset|and|or|unless|atan2|inf|nan|on|ignoring|group_left|group_right)(?![\w:])"
_NUMBER = r"[0-9][\w.]*+"
_SELECTOR = rf"(?P<metric>{_NAME})(?:\s*+\{{(?P<matchers>{_MATCHERS})\}})?|\{{(?P<nameless>{_MATCHERS})\}}"
_TOKENS = re.compile("|".join((TEXT, _RANGE, _LABELS, _FUNCTION, _KEYWORD, _NUMBER, _SELECTOR)), re.DOTALL)


def with_matchers(expr: str, more: Callable[[str], Iterable[str]]) -> str:
    """A PromQL expression with more matchers: those that `more` gives for the text of each selector."""

    def narrowed(token: re.Match[str]) -> str:
        if token["metric"] is None and token["nameless"] is None:
            return token[0]
        further = list(more(token[0]))
        matchers = (token["matchers"] or token["nameless"] or "").rstrip(", ")
        return f"{token['metric'] or ''}{{{','.join(filter(None, [matchers, *further]))}}}" if further else token[0]

    return _TOKENS.sub(narrowed, expr)
