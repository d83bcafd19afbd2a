"""YAML text as plain data together with the place of every key and value in it."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from slostack import plain_yaml
from slostack.spec.problem import KeyPath, Place, Problem, SpecError, describe, shorten
from slostack.spec.reader import TEXT_TAG, Reader, not_yaml, plain_tag, refusal

__all__ = [
    "TEXT_TAG",
    "KeyPath",
    "Place",
    "Problem",
    "Source",
    "SpecError",
    "describe",
    "parse_yaml",
    "plain_tag",
    "read_text",
    "shorten",
]

_MOST_CHARACTERS = 1_000_000
_UNPRINTABLE = yaml.reader.Reader.NON_PRINTABLE
_BYTE_ORDER_MARK = "\ufeff"
"""No mistake at a file's beginning, unprintable elsewhere."""


@dataclass(frozen=True)
class Source:
    """A YAML document: its data, the place of each value, and of each key of a mapping."""

    file: str
    data: Any
    values: Mapping[KeyPath, Place]
    keys: Mapping[KeyPath, Place]

    def problem(self, path: KeyPath, message: str, *, at_key: bool = False) -> Problem:
        """A Problem at the value (or key) of a path, or at the nearest parent that the file has."""
        places = self.keys if at_key else self.values
        for depth in range(len(path), -1, -1):
            place = places.get(path[:depth]) or self.values.get(path[:depth])
            if place:
                return Problem(self.file, *place, message)
        return Problem(self.file, 1, 1, message)


def read_text(path: Path, shown: str) -> str:
    """A file's text; raises SpecError where it can't be read or isn't UTF-8."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
            raise SpecError((Problem(shown, 1, 1, "a pipe or a device, expected a text file"),))
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        place = _end(error.object[: error.start].decode("utf-8"))
        what = f"byte 0x{error.object[error.start]:02x} is not UTF-8, expected a UTF-8 text file"
        raise SpecError((Problem(shown, *place, what),)) from None
    except OSError as error:
        what = f"can't be read ({error.strerror}), expected a readable file"
        raise SpecError((Problem(shown, 1, 1, what),)) from None


def parse_yaml(text: str, file: str) -> Source:
    """The one YAML document of a text; raises SpecError where it is no YAML mapping or repeats a key."""
    text = text.removeprefix(_BYTE_ORDER_MARK)
    _refuse_hostile(text, file)
    try:
        loader = plain_yaml.Loader(text)
        try:
            reader = Reader(file, loader)
            data = reader.read(())
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise not_yaml(file, place, error.problem or error.context) from None
    if reader.problems:
        raise SpecError(tuple(reader.problems))
    if not isinstance(data, dict):
        raise refusal(file, reader.values[()], f"the document is {describe(data)}, expected a YAML mapping")
    return Source(file, data, reader.values, reader.keys)


def _refuse_hostile(text: str, file: str) -> None:
    """Raises SpecError for what no YAML parser should be given: unprintable characters or huge text."""
    if bad := _UNPRINTABLE.search(text) or re.search(_BYTE_ORDER_MARK, text):
        what = f"the unprintable character U+{ord(bad.group()):04X}, expected text"
        raise refusal(file, _end(text[: bad.start()]), what)
    if len(text) > _MOST_CHARACTERS:
        raise refusal(file, (1, 1), f"a file of {len(text):,} characters, expected at most {_MOST_CHARACTERS:,}")


def _end(text: str) -> Place:
    """The place right after a text."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")
