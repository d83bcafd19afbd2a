"""Runbooks as web pages."""

from __future__ import annotations

from pathlib import Path

from markdown_it import MarkdownIt

from slostack.notifications.pages import page

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def runbook_page(folder: Path, path: str) -> str | None:
    """The runbook at a path below the folder, as HTML; None where there is no Markdown file of that name."""
    file = _inside(folder, path)
    if file is None:
        return None
    return page(
        "runbook.html.j2", title=path, body=_MARKDOWN.render(file.read_text(encoding="utf-8", errors="replace"))
    )


def runbook_paths(folder: Path) -> tuple[str, ...]:
    """Every runbook by its path below the folder."""
    return tuple(sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.md")))


def _inside(folder: Path, path: str) -> Path | None:
    """The Markdown file at a path, unless the path, or a link in it, leads out of the folder."""
    if "\0" in path or not path.endswith(".md"):
        return None
    file = (folder / path).resolve()
    return file if file.is_relative_to(folder.resolve()) and file.is_file() else None
