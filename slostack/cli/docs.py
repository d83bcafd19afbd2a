"""slostack docs: the documentation of this version, wherever it is installed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from slostack.errors import SlostackError
from slostack.shipped import DOCUMENTATION, shipped


@click.command("docs")
@click.argument("page", required=False)
def command(page: str | None) -> None:
    """Prints a PAGE of the documentation as Markdown; without one, the pages that there are."""
    pages = {path.stem: path for path in sorted(shipped(DOCUMENTATION).glob("*.md"))}
    if page is None:
        width = max(map(len, pages))
        for name, path in pages.items():
            click.echo(f"{name:<{width}}  {_title(path)}")
        return
    name = page.removeprefix(f"{DOCUMENTATION}/").removesuffix(".md")
    if name not in pages:
        raise SlostackError(f"no page {page!r}, expected one of {', '.join(pages)}")
    text = pages[name].read_text(encoding="utf-8")
    if sys.stdout.isatty():
        click.echo_via_pager(text)
    else:
        click.echo(text, nl=False)


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return next(lines).removeprefix("# ").strip()
