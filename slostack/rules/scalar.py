"""Text as a YAML scalar that reads back as the same text: plain or a block where it can be, else in quotes."""

from __future__ import annotations

import re

import yaml

_INDICATORS = frozenset(" -?:,[]{}#&*!|>'\"%@`")
"""What a plain scalar had better not begin with (YAML 1.2.2, 5.3)."""
_OTHER_TYPES = yaml.resolver.Resolver.yaml_implicit_resolvers
"""Patterns of numbers, booleans, dates and so on, by their first character."""
_LINE_START = re.compile(r"\n(?!\n)")
_UNFOLDED = 2**31 - 1
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def value(text: str, indent: str) -> str:
    """A text as a value of a block mapping whose keys are indented by `indent`."""
    return _block(text, indent) if "\n" in text else key(text)


def key(text: str) -> str:
    """A text as a key, on one line."""
    if not text or not text.isprintable():
        return _escaped(text)
    first, last = text[0], text[-1]
    if first in _INDICATORS or last in " :" or ": " in text or " #" in text or _is_of_other_type(text):
        return "'" + text.replace("'", "''") + "'"
    return text


def _is_of_other_type(text: str) -> bool:
    patterns = _OTHER_TYPES.get(text[0])
    return patterns is not None and any(pattern.match(text) for _, pattern in patterns)


def _block(text: str, indent: str) -> str:
    body = text.removesuffix("\n")
    if not body or body[0] in " \n" or body[-1] in " \n" or " \n" in body or not body.replace("\n", "").isprintable():
        return _escaped(text)
    return ("|-\n" if body == text else "|\n") + f"{indent}  " + _LINE_START.sub(f"\n{indent}  ", body)


def _escaped(text: str) -> str:
    quoted: str = yaml.dump(text, Dumper=_Dumper, default_style='"', width=_UNFOLDED, allow_unicode=True)
    return quoted.removesuffix("\n")
