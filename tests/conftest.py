"""How a whole run goes: the longest tests first, beside the others; told to end, it still ends what it started."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FIRST = (
    "tests/local/test_outage.py",
    "tests/local/test_burn_page.py",
    "tests/local/test_restart_notifies.py",
    "tests/local",
    "tests/cluster",
    "tests/simulation",
    "tests/pulumi",
)


def pytest_configure() -> None:
    """Makes SIGTERM run the teardown of every fixture, as an interruption from the keyboard does."""
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Starts what waits for minutes before what computes for seconds."""
    items.sort(key=lambda item: _rank(item.path.relative_to(ROOT).as_posix()))


def _rank(path: str) -> int:
    return next((rank for rank, start in enumerate(LONGEST_FIRST) if path.startswith(start)), len(LONGEST_FIRST))
