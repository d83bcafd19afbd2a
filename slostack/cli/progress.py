"""How far a command is that takes its time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

PATIENCE = 2.0
"""Seconds after which it is said how far something is."""


class Count:
    """Says on a terminal's standard error how many of some things are done, once that takes a while."""

    def __init__(self, things: str, of: int) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bars

        console = Console(stderr=True)
        self._shown = Bars(*_columns(), console=console, transient=True, disable=not console.is_terminal)
        self._task = self._shown.add_task(things, total=of)
        self._begun = time.monotonic()

    def one(self) -> None:
        """After each of them."""
        self._shown.update(self._task, advance=1)
        if time.monotonic() - self._begun >= PATIENCE:
            self._shown.start()

    def __enter__(self) -> Count:
        return self

    def __exit__(self, *_: object) -> None:
        self._shown.stop()


class Progress:
    """Says on a terminal's standard error what is looked at, of all `things`, and how many queries are answered."""

    def __init__(self, things: str = "SLOs") -> None:
        from rich.console import Console
        from rich.progress import Progress as Bars

        console = Console(stderr=True)
        self.shown = Bars(*_columns(), console=console, transient=True, disable=not console.is_terminal)
        self.things = self.shown.add_task(things, total=None)
        self.queries = self.shown.add_task("queries", total=0)

    def next(self, number: int, of: int, name: str) -> None:
        """Before each of them."""
        self.shown.update(self.things, completed=number, total=of, description=name)

    def count(self, planned: int, done: int) -> None:
        """When queries are planned or answered."""
        self.shown.update(self.queries, total=(self.shown.tasks[self.queries].total or 0) + planned, advance=done)

    def __enter__(self) -> None:
        self.shown.start()

    def __exit__(self, *_: object) -> None:
        self.shown.stop()


def _columns() -> tuple[ProgressColumn, ...]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

    return TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
