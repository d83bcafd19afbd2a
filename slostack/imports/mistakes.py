"""Mistakes in parts that are read one after another, raised together."""

from __future__ import annotations

from types import TracebackType

from slostack.imports.fields import Fields
from slostack.spec.source import Problem, SpecError


class Mistakes:
    """Keeps the mistakes of several parts: each is read in a `with` block of its own, and `check` comes after them.

    What a block was to set is unset where it has a mistake, so blocks may only use each other's results after `check`.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if isinstance(error, SpecError):
            self.problems += error.problems
        return isinstance(error, SpecError)

    def check(self, *read: Fields) -> None:
        """Raises SpecError where a part had a mistake; `read` are mappings of which every key was asked for."""
        for fields in read:
            fields.document.complete.add(fields.path)
        if self.problems:
            raise SpecError(tuple(dict.fromkeys(self.problems)))
