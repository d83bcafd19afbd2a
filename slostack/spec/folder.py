"""The files of a folder that people fill by hand, and what is said of those that would otherwise be ignored."""

from __future__ import annotations

from pathlib import Path

from slostack.files import shown_path
from slostack.spec.source import Problem

_README = "readme.md"


def folder_files(
    root: Path, folder: str, suffix: str, expected: str, *, beside: tuple[str, ...] = ()
) -> tuple[tuple[Path, ...], tuple[Problem, ...]]:
    """The files right in a folder with a suffix (`.yaml`), and a Problem for each other one that says what is expected.

    A README.md, hidden files, editors' backups (`x~`) and the folders named `beside` are nobody's mistake.
    """
    files, problems = [], []
    for path in sorted((root / folder).iterdir()) if (root / folder).is_dir() else ():
        if path.name.startswith(".") or path.name.endswith("~") or path.name.lower() == _README or path.name in beside:
            continue
        if path.suffix == suffix and path.is_file():
            files.append(path)
        else:
            problems.append(Problem(shown_path(path, root), 1, 1, f"{_kind(path)}, expected {expected}"))
    return tuple(files), tuple(problems)


def _kind(path: Path) -> str:
    if path.is_dir():
        return "a folder"
    return f"a file with the suffix {path.suffix!r}" if path.is_file() else "neither a file nor a link to one"
