"""The documents of an imported file. They know which of their keys were read: none is ignored unseen."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from slostack.spec.explain import dotted
from slostack.spec.source import KeyPath, Problem, Source, SpecError, describe, parse_yaml, read_text

_MOST_DOCUMENTS = 1000
_BOUNDARY = re.compile(r"^(?:---(?=\s|$)|\.\.\.(?=\s|$))", re.MULTILINE)
_NOTHING = re.compile(r"(?:\s|[#%][^\n]*+|---(?=\s|$)|\.\.\.(?=\s|$))*+")


@dataclass(frozen=True)
class Note:
    """What became of a key that an SLO file says otherwise or not at all, and where it is."""

    file: str
    line: int
    key: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.why}"


class Document:
    """One YAML document of an imported file, and what was made of each of its keys."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.read: set[KeyPath] = set()
        self.asked: dict[KeyPath, dict[str, None]] = {}
        self.left: dict[KeyPath, str] = {}
        self.assumed: dict[KeyPath, str] = {}
        self.mistaken: set[KeyPath] = set()
        """Where mistakes are."""
        self.complete: set[KeyPath] = set()
        """Mappings of which every key was asked for, mistakes or not."""

    def notes(self) -> tuple[list[Note], list[Note]]:
        """What was not carried over, and what was filled in."""
        return self._notes(self.left), self._notes(self.assumed)

    def _notes(self, whys: dict[KeyPath, str]) -> list[Note]:
        problems = {path: self.source.problem(path, why, at_key=True) for path, why in whys.items()}
        notes = [Note(problem.file, problem.line, dotted(path), problem.message) for path, problem in problems.items()]
        return sorted(notes, key=lambda note: note.line)

    def unread(self, *, beside_mistakes: bool) -> list[Problem]:
        """A Problem for each key that was neither read nor left out by name.

        Beside mistakes, mappings that may not have been read to their end because of one are passed over.
        """
        passed_over = {path[:depth] for path in self.mistaken for depth in range(len(path))}
        if beside_mistakes:
            passed_over |= {path for path, keys in self.asked.items() if not keys}
        return list(self._unread((), self.source.data, passed_over - self.complete))

    def _unread(self, path: KeyPath, data: Any, passed_over: set[KeyPath]) -> Iterator[Problem]:
        if path in self.left:
            return
        if isinstance(data, list):
            for index, item in enumerate(data):
                yield from self._unread((*path, index), item, passed_over)
        elif isinstance(data, dict) and path in self.asked:
            for key, value in data.items():
                if (*path, key) in self.read or (*path, key) in self.left:
                    yield from self._unread((*path, key), value, passed_over)
                elif path not in passed_over:
                    yield self.source.problem((*path, key), self._unknown(path, key), at_key=True)

    def _unknown(self, path: KeyPath, key: str) -> str:
        known = list(self.asked[path])
        close = difflib.get_close_matches(key, known, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        return f"{dotted((*path, key))}: unknown key{hint}, expected one of {', '.join(known)}"


def read_documents(path: Path, shown: str) -> tuple[list[Document], list[Problem]]:
    """The documents of a YAML file, at the lines where they are, and what is wrong with those that are none; raises
    SpecError for a file that can't be read or has no document."""
    text = read_text(path, shown).removeprefix("\ufeff")
    boundaries = [match.start() for match in _BOUNDARY.finditer(text)]
    if len(boundaries) > _MOST_DOCUMENTS:
        raise SpecError((Problem(shown, 1, 1, f"more than {_MOST_DOCUMENTS:,} documents, expected fewer"),))
    documents: list[Document] = []
    problems: list[Problem] = []
    for start, end in zip([0, *boundaries], [*boundaries, len(text)], strict=True):
        if _NOTHING.fullmatch(text, start, end):
            continue
        body = re.sub(r"\A\.\.\.", "", text[start:end])
        try:
            documents.append(Document(parse_yaml("\n" * text.count("\n", 0, start) + body, shown)))
        except SpecError as error:
            problems += error.problems
    if not documents and not problems:
        raise SpecError((Problem(shown, 1, 1, "the file is empty, expected objects of OpenSLO, sloth or pyrra"),))
    return documents, problems


@dataclass(frozen=True)
class Fields:
    """A mapping of a document. What is asked for counts as read; an empty value counts as none."""

    document: Document
    path: KeyPath = ()

    def __post_init__(self) -> None:
        self.document.asked.setdefault(self.path, {})

    @property
    def data(self) -> dict[str, Any]:
        """The mapping as plain data; raises SpecError where an item of a list is none."""
        value: Any = self.document.source.data
        for step in self.path:
            value = value[step]
        if not isinstance(value, dict):
            raise self._mistake(self.path, f"{describe(value)}, expected a mapping")
        return value

    @property
    def file(self) -> str:
        """The file it is in."""
        return self.document.source.file

    def value(self, key: str) -> Any:
        """The value of a key as it is; None where there is none."""
        self.document.asked[self.path][key] = None
        self.document.read.add((*self.path, key))
        return self.data.get(key)

    def text(self, key: str, expected: str = "text") -> str:
        """A text; raises SpecError where it is missing, empty or anything else."""
        found = self.optional_text(key)
        if found is None:
            raise self.missing(key, expected)
        return found

    def optional_text(self, key: str) -> str | None:
        """A text without the space around it; None where there is none."""
        value = self.value(key)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.error(key, f"{describe(value)}, expected text")
        return value.strip() or None

    def number(self, key: str) -> float | None:
        """A number; None where there is none."""
        value = self.value(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise self.error(key, f"{describe(value)}, expected a number")
        return value

    def boolean(self, key: str) -> bool | None:
        """true or false; None where there is none."""
        value = self.value(key)
        if value is None or isinstance(value, bool):
            return value
        raise self.error(key, f"{describe(value)}, expected true or false")

    def fields(self, key: str) -> Fields | None:
        """A mapping; None where there is none."""
        value = self.value(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.error(key, f"{describe(value)}, expected a mapping")
        return Fields(self.document, (*self.path, key))

    def required_fields(self, key: str, expected: str = "a mapping") -> Fields:
        """A mapping; raises SpecError where it is missing."""
        found = self.fields(key)
        if found is None:
            raise self.missing(key, expected)
        return found

    def items(self, key: str) -> list[Fields]:
        """The mappings of a list; empty where there is none. An item that is no mapping is a mistake once it is
        asked for anything."""
        return [Fields(self.document, (*self.path, key, index)) for index in range(len(self._list(key)))]

    def texts(self, key: str) -> list[str]:
        """The texts of a list; empty where there is none."""
        values = self._list(key)
        if any(not isinstance(value, str) for value in values):
            raise self.error(key, "a list that holds more than text, expected text alone")
        return values

    def scalars(self, key: str) -> dict[str, str]:
        """A mapping to single values, as text; empty where there is none."""
        value = self.value(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.error(key, f"{describe(value)}, expected a mapping")
        problems: list[Problem] = []
        for name, each in value.items():
            if isinstance(each, dict | list):
                problems += self._mistake((*self.path, key, name), f"{describe(each)}, expected text").problems
        if problems:
            raise SpecError(tuple(problems))
        return {name: as_text(each) for name, each in value.items()}

    def _list(self, key: str) -> list[Any]:
        value = self.value(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.error(key, f"{describe(value)}, expected a list")
        return value

    def leave(self, *keys: str, why: str) -> None:
        """Leaves out keys of the mapping, and all below them, saying why; nothing where there is none."""
        for key in keys:
            self.document.asked[self.path][key] = None
            if self.data.get(key) not in (None, "", [], {}):
                self.document.left[(*self.path, key)] = why
            else:
                self.document.read.add((*self.path, key))

    def leave_out(self, why: str) -> None:
        """Leaves out the mapping as a whole, saying why."""
        self.document.left[self.path] = why

    def leave_below(self, key: str, name: str, why: str) -> None:
        """Leaves out one entry of a mapping that is read as a whole, saying why."""
        self.document.left[(*self.path, key, name)] = why

    def assume(self, key: str, why: str) -> None:
        """Says what was filled in for a key, or made of it."""
        self.document.asked[self.path].setdefault(key)
        said = self.document.assumed.setdefault((*self.path, key), why)
        if why not in said:
            self.document.assumed[(*self.path, key)] = f"{said}; {why}"

    def error(self, key: str, message: str) -> SpecError:
        """The mistake at a key: what was found, what was expected."""
        return self._mistake((*self.path, key), message)

    def _mistake(self, path: KeyPath, message: str) -> SpecError:
        self.document.mistaken.add(path)
        return SpecError((self.document.source.problem(path, f"{dotted(path)}: {message}"),))

    def missing(self, key: str, expected: str) -> SpecError:
        """The mistake that a key is missing or empty."""
        return self.error(key, f"missing, expected {expected}")


def as_text(value: object) -> str:
    """A scalar as it is written in YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
