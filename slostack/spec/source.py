"""YAML text as plain data together with the place of every key and value in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from slostack.errors import SlostackError

Place = tuple[int, int]
"""Line and column, both from 1."""
KeyPath = tuple[str | int, ...]
"""Keys and list indexes from the document's root to a value."""

_MOST_CHARACTERS = 1_000_000
_MOST_VALUES = 20_000
_DEEPEST = 50
_LARGEST_INTEGER = 2**63
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp"))
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Problem:
    """One mistake in a file: where it is, what was found and what was expected there."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class SpecError(SlostackError):
    """The mistakes of one or more files, all of them at once."""

    exit_code = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


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
        if path.is_fifo() or path.is_char_device():
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
    text = text.removeprefix("\ufeff")
    try:
        _refuse_hostile(text, file)
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                raise SpecError((Problem(file, 1, 1, "the file is empty, expected a YAML mapping"),))
            reader = _Reader(file, loader)
            data = reader.read(root, ())
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if error.context == "expected a single document in the stream":
            what = "a second document, expected one YAML mapping per file"
        else:
            what = f"not YAML ({error.problem or error.context}), expected a YAML mapping"
        raise SpecError((Problem(file, line, column, what),)) from None
    if reader.problems:
        raise SpecError(tuple(reader.problems))
    if not isinstance(data, dict):
        line, column = reader.values[()]
        what = f"the document is {describe(data)}, expected a YAML mapping"
        raise SpecError((Problem(file, line, column, what),))
    return Source(file, data, reader.values, reader.keys)


def _refuse_hostile(text: str, file: str) -> None:
    """Raises SpecError for what no YAML parser should be given: unprintable characters, huge or very deep text."""
    if bad := _UNPRINTABLE.search(text):
        what = f"the unprintable character U+{ord(bad.group()):04X}, expected text"
        raise SpecError((Problem(file, *_end(text[: bad.start()]), what),))
    if len(text) > _MOST_CHARACTERS:
        what = f"a file of {len(text):,} characters, expected at most {_MOST_CHARACTERS:,}"
        raise SpecError((Problem(file, 1, 1, what),))
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            what = f"nested deeper than {_DEEPEST} levels, expected plain data"
            raise SpecError((Problem(file, *_place(event), what),))


def describe(value: object) -> str:
    """A value as a person reads it in an error: its text and its kind, shortened."""
    match value:
        case None:
            return "empty"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case bool():
            return f"{str(value).lower()} (a boolean)"
        case str():
            return f"{shorten(repr(value))} (text)"
        case int() | float():
            return f"{shorten(str(value))} (a number)"
        case date():
            return f"{value} (a date)"
    return f"a {type(value).__name__}"


def shorten(text: str) -> str:
    """A text with its end left out where it is too long for a line."""
    return text if len(text) <= 60 else text[:57] + "..."


class _Reader:
    """Walks a node tree once, keeping places; aliases are followed up to a cap on the values in all."""

    def __init__(self, file: str, loader: Any) -> None:
        self.file, self.loader = file, loader
        self.values: dict[KeyPath, Place] = {}
        self.keys: dict[KeyPath, Place] = {}
        self.problems: list[Problem] = []
        self.open: set[int] = set()

    def read(self, node: yaml.Node, path: KeyPath) -> Any:
        place = _place(node)
        self.values[path] = place
        if len(self.values) > _MOST_VALUES:
            raise SpecError((Problem(self.file, *place, f"more than {_MOST_VALUES:,} values, expected fewer"),))
        if id(node) in self.open:
            raise SpecError((Problem(self.file, *place, "an alias inside its own anchor, expected plain data"),))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                self._refuse_tag(node, "tag:yaml.org,2002:seq")
                return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
            self._refuse_tag(node, "tag:yaml.org,2002:map")
            return self._mapping(node, path)
        finally:
            self.open.discard(id(node))

    def _problem(self, node: yaml.Node, message: str) -> None:
        self.problems.append(Problem(self.file, *_place(node), message))

    def _refuse_tag(self, node: yaml.Node, plain: str) -> None:
        if node.tag != plain:
            self._problem(node, f"the tag {node.tag}, expected plain data")

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        if node.tag not in _PLAIN_TAGS:
            self._problem(node, f"{shorten(repr(node.value))} with the tag {node.tag}, expected plain data")
            return None
        try:
            value = self.loader.construct_object(node)
        except (ValueError, AttributeError, LookupError):  # whichever PyYAML lets through of a tag that doesn't fit
            kind = node.tag.rpartition(":")[2]
            self._problem(node, f"{shorten(repr(node.value))} is no valid {kind}, expected plain data")
            return None
        if isinstance(value, int) and abs(value) >= _LARGEST_INTEGER:
            self._problem(node, f"{shorten(node.value)} is too large, expected a number below 2^63")
            return None
        return value

    def _mapping(self, node: yaml.Node, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                self._problem(key_node, "a merge key (<<), expected every key written out")
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                kind = "a list" if isinstance(key_node, yaml.SequenceNode) else "a mapping"
                self._problem(key_node, f"{kind} as a key, expected a text key")
                continue
            problems = len(self.problems)
            key = self._scalar(key_node)
            if not isinstance(key, str):
                if len(self.problems) == problems:
                    self._problem(key_node, f"key {describe(key)}, expected a text key")
                continue
            if key in data:
                first = self.keys[(*path, key)][0]
                self._problem(key_node, f"key {key!r} again (first on line {first}), expected it once")
                continue
            self.keys[(*path, key)] = _place(key_node)
            data[key] = self.read(value_node, (*path, key))
        return data


def _place(start: yaml.Node | yaml.Event) -> Place:
    mark = start.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _end(text: str) -> Place:
    """The place right after a text."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")
