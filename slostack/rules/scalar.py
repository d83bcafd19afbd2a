"""Text as a YAML scalar that reads back as the same text: plain or a block where it can be, else in quotes."""

from __future__ import annotations

import re
from functools import lru_cache

from slostack import plain_yaml
from slostack.spec.source import TEXT_TAG, plain_tag

_INDICATORS = frozenset(" -?:,[]{}#&*!|>'\"%@`")
"""What a plain scalar had better not begin with (YAML 1.2.2, 5.3)."""
_LINE_START = re.compile(r"\n(?!\n)")
_UNFOLDED = 2**31 - 1


def value(text: str, indent: str) -> str:
    """A text as a value of a block mapping whose keys are indented by `indent`."""
    return _block(text, indent) if "\n" in text else _line(text)


@lru_cache(maxsize=1024)
def key(text: str) -> str:
    """A text as a key, or another name that many rules share, on one line."""
    return _line(text)


def _line(text: str) -> str:
    if not text or not text.isprintable():
        return _escaped(text)
    first, last = text[0], text[-1]
    if first in _INDICATORS or last in " :" or ": " in text or " #" in text or plain_tag(text) != TEXT_TAG:
        return "'" + text.replace("'", "''") + "'"
    return text


def _block(text: str, indent: str) -> str:
    body = text.removesuffix("\n")
    if not body or body[0] in " \n" or body[-1] in " \n" or " \n" in body or not body.replace("\n", "").isprintable():
        return _escaped(text)
    line_start = f"\n{indent}  "
    lines = _LINE_START.sub(line_start, body) if "\n\n" in body else body.replace("\n", line_start)
    return f"{'|-' if body == text else '|'}{line_start}{lines}"


def _escaped(text: str) -> str:
    quoted = plain_yaml.dump(text, default_style='"', width=_UNFOLDED, allow_unicode=True)
    return quoted.removesuffix("\n")
