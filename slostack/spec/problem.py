"""Mistakes in files: where each is, what was found and what was expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from slostack.errors import SlostackError

Place = tuple[int, int]
"""Line and column, both from 1."""
KeyPath = tuple[str | int, ...]
"""Keys and list indexes from the document's root to a value."""


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
