"""Files of the project that slostack needs wherever it is installed: a checkout has them, a wheel brings copies."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_IN_A_WHEEL = _PACKAGE / "shipped_files"


def shipped(path: str) -> Path:
    """Where a file or folder is by its path in the project; setup.py lists those that there are."""
    return (_IN_A_WHEEL if _IN_A_WHEEL.is_dir() else _PACKAGE.parent) / path
