"""Collects promtool's own rule fixtures: every tests/rules/**/*.yaml is one test."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml
from slostack.playing import play


@cache
def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file's mapping; C reads it many times faster."""
    document: dict[str, Any] = plain_yaml.load(path.read_text())
    return document


class FixtureError(Exception):
    """promtool's difference between what was expected and what the rules did."""


class RuleFixture(pytest.Item):
    """One promtool fixture."""

    def runtest(self) -> None:
        result = play(self.path)
        if not result.passed:
            raise FixtureError(result.output)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        if isinstance(excinfo.value, FixtureError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"rule fixture {self.path.name}"


class RuleFixtureFile(pytest.File):
    """A file that promtool runs as a whole."""

    def collect(self) -> Iterator[RuleFixture]:
        yield RuleFixture.from_parent(self, name=self.path.stem)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> RuleFixtureFile | None:
    """Takes every YAML file below this folder."""
    if file_path.suffix == ".yaml":
        return RuleFixtureFile.from_parent(parent, path=file_path)
    return None
