"""Files of the project that slostack needs wherever it is installed: a checkout has them, a wheel brings copies."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
SHARED_RUNBOOKS = "runbooks/shared"
"""The runbooks of the signals' alerts."""
INCIDENT_TEMPLATES = "runbooks/templates"
"""What runbooks lead to when an incident begins: the record, status updates and the post-mortem."""
DOCUMENTATION = "docs"
_IN_A_WHEEL = _PACKAGE / "shipped_files"


def shipped(path: str) -> Path:
    """Where a file or folder is by its path in the project; setup.py lists those that there are."""
    return (_IN_A_WHEEL if _IN_A_WHEEL.is_dir() else _PACKAGE.parent) / path


def shipped_texts(folder: str) -> dict[str, str]:
    """The Markdown files of a folder, by their paths in the project."""
    return {f"{folder}/{path.name}": path.read_text(encoding="utf-8") for path in sorted(shipped(folder).glob("*.md"))}
