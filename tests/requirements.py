"""What a test needs beyond Python: skipped where it is missing, unless REQUIRE names it."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def need(name: str, why: str) -> NoReturn:
    """Skips the test, saying what would make it run; fails it where REQUIRE (`pulumi,grafana`) has the name,
    or is `all`."""
    required = {each.strip() for each in os.environ.get("REQUIRE", "").split(",")}
    if required & {name, "all"}:
        pytest.fail(f"REQUIRE={name}: {why}", pytrace=False)
    pytest.skip(why)


def need_command(name: str, what: str) -> None:
    """Skips the test where a command is not on PATH."""
    if not shutil.which(name):
        need(name, f"needs {what}")
