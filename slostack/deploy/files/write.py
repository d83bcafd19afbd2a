"""Writes an environment's files into its folder, and removes those that it wrote before and doesn't write any more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from slostack.errors import SlostackError
from slostack.files import write_atomically

INDEX = ".slostack-files"
"""Lists what was written: nothing else is ever removed."""


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Has the folder hold these texts by their paths, beside whatever else is in it.

    Only files that change are touched, each as a whole; raises SlostackError where that isn't possible.
    """
    written = _index(folder)
    # what is about to be written is ours from now on, whenever this is interrupted
    _write(folder / INDEX, "".join(f"{path}\n" for path in sorted(written | set(texts))))
    for path, text in texts.items():
        _write(folder / path, text)
    for path in sorted(written - set(texts)):
        _remove(folder, path)
    _write(folder / INDEX, "".join(f"{path}\n" for path in sorted(texts)))


def _index(folder: Path) -> set[str]:
    """The paths that an earlier run wrote, of those that are below the folder."""
    index = folder / INDEX
    lines = index.read_text(encoding="utf-8").splitlines() if index.is_file() else []
    return {line for line in lines if (folder / line).resolve().is_relative_to(folder.resolve())}


def _write(path: Path, text: str) -> None:
    if not path.is_file() or path.read_bytes() != text.encode():
        write_atomically(path, text, lasting=False)


def _remove(folder: Path, path: str) -> None:
    try:
        (folder / path).unlink(missing_ok=True)
        for parent in (folder / path).parents:
            if parent == folder or any(parent.iterdir()):
                break
            parent.rmdir()
    except OSError as error:
        raise SlostackError(f"can't remove {folder / path} ({error.strerror}), expected a writable folder") from None
