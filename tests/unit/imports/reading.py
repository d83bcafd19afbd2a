"""Imports texts and example files as the command does."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from slostack.imports import Import, import_files
from slostack.spec import SpecError

EXAMPLES = Path(__file__).parent / "examples"


def example(*names: str) -> Import:
    """What is read of example files."""
    return import_files([(EXAMPLES / name, name) for name in names])


def imported(folder: Path, *texts: str) -> Import:
    """What is read of files with these texts: a.yaml, b.yaml, …"""
    files = [(folder / f"{letter}.yaml", f"{letter}.yaml") for letter, _ in zip("abcdef", texts, strict=False)]
    for (path, _), text in zip(files, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return import_files(files)


def refused(folder: Path, *texts: str) -> list[str]:
    """The mistakes that are named in files with these texts."""
    with pytest.raises(SpecError) as error:
        imported(folder, *texts)
    return str(error.value).splitlines()


def the_file(found: Import) -> str:
    """The text of the one SLO file."""
    (text,) = found.slo_files.values()
    return text


def lines(notes: Iterable[object]) -> str:
    """Notes as the command prints them."""
    return "\n".join(map(str, notes))
