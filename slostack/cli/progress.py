"""How far a command is that asks a Prometheus much."""

from __future__ import annotations


class Progress:
    """Says on a terminal's standard error what is looked at, of all `things`, and how many queries are answered."""

    def __init__(self, things: str = "SLOs") -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        console = Console(stderr=True)
        self.shown = Bars(*columns, console=console, transient=True, disable=not console.is_terminal)
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
