"""YAML text as plain data together with the place of every key and value in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from slostack.errors import SlostackError

Place = tuple[int, int]
"""Line and column, both from 1."""
KeyPath = tuple[str | int, ...]
"""Keys and list indexes from the document's root to a value."""

_MOST_VALUES = 100_000
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
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        before = path.read_bytes()[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        what = f"byte 0x{error.object[error.start]:02x} is not UTF-8, expected a UTF-8 text file"
        raise SpecError((Problem(shown, line, column, what),)) from None
    except OSError as error:
        raise SpecError((Problem(shown, 1, 1, f"can't be read ({error.strerror}), expected a YAML file"),)) from None


def parse_yaml(text: str, file: str) -> Source:
    """The one YAML document of a text; raises SpecError where it is no YAML mapping or repeats a key."""
    try:
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
        what = f"not YAML ({error.problem or error.context}), expected a YAML mapping"
        raise SpecError((Problem(file, line, column, what),)) from None
    except yaml.YAMLError as error:
        what = f"not YAML ({' '.join(str(error).split())}), expected a YAML mapping"
        raise SpecError((Problem(file, 1, 1, what),)) from None
    except RecursionError:
        raise SpecError((Problem(file, 1, 1, "nested too deeply, expected an SLO file"),)) from None
    if reader.problems:
        raise SpecError(tuple(reader.problems))
    if not isinstance(data, dict):
        line, column = reader.values[()]
        what = f"the document is {describe(data)}, expected a YAML mapping"
        raise SpecError((Problem(file, line, column, what),))
    return Source(file, data, reader.values, reader.keys)


def describe(value: object) -> str:
    """A value as a person reads it in an error: its text and its kind, shortened."""
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return f"{str(value).lower()} (a boolean)"
    text = repr(value) if isinstance(value, str) else str(value)
    kind = {str: "text", int: "a number", float: "a number"}.get(type(value), type(value).__name__)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({kind})"


class _Reader:
    """Walks a node tree once, keeping places; aliases are followed up to a cap on the values in all."""

    def __init__(self, file: str, loader: Any) -> None:
        self.file, self.loader = file, loader
        self.values: dict[KeyPath, Place] = {}
        self.keys: dict[KeyPath, Place] = {}
        self.problems: list[Problem] = []
        self.open: set[int] = set()

    def read(self, node: yaml.Node, path: KeyPath) -> Any:
        place = (node.start_mark.line + 1, node.start_mark.column + 1)
        self.values[path] = place
        if len(self.values) > _MOST_VALUES:
            raise SpecError((Problem(self.file, *place, f"more than {_MOST_VALUES:,} values, expected an SLO file"),))
        if id(node) in self.open:
            raise SpecError((Problem(self.file, *place, "an alias inside its own anchor, expected plain data"),))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
            return self._mapping(node, path)
        finally:
            self.open.discard(id(node))

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        try:
            return self.loader.construct_object(node)
        except (ValueError, yaml.constructor.ConstructorError) as error:
            reason = error.problem if isinstance(error, yaml.MarkedYAMLError) else error
            self.problems.append(
                Problem(self.file, *place, f"{node.value!r} can't be read ({reason}), expected plain data")
            )
            return None

    def _mapping(self, node: yaml.Node, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            key = self._scalar(key_node, place) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                self.problems.append(Problem(self.file, *place, f"key {describe(key)}, expected a text key"))
                continue
            if key in data:
                first = self.keys[(*path, key)][0]
                self.problems.append(
                    Problem(self.file, *place, f"key {key!r} again (first on line {first}), expected it once")
                )
                continue
            self.keys[(*path, key)] = place
            data[key] = self.read(value_node, (*path, key))
        return data
