"""Collects promtool's own rule fixtures: every tests/rules/**/*.yaml is one test.

A comment `# groups: <regular expression>` in a fixture names the rule groups that it is about. promtool evaluates every
group of a rule file every time; without the others a fixture comes to the same result, many times faster.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from slostack import promtool

GROUPS = re.compile(r"^# groups: (\S+)$", re.MULTILINE)


@cache
def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file's mapping; C reads it many times faster."""
    document: dict[str, Any] = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return document


class FixtureError(Exception):
    """promtool's difference between what was expected and what the rules did."""


class RuleFixture(pytest.Item):
    """One promtool fixture."""

    def runtest(self) -> None:
        with TemporaryDirectory() as folder:
            result = promtool.test_rules(with_its_groups(self.path, Path(folder)))
        if not result.passed:
            raise FixtureError(result.output)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        if isinstance(excinfo.value, FixtureError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"rule fixture {self.path.name}"


def with_its_groups(fixture: Path, folder: Path) -> Path:
    """The fixture, or where it names its groups a copy in a folder, beside rule files that hold those alone."""
    text = fixture.read_text()
    named = GROUPS.search(text)
    if not named:
        return fixture
    for rule_file in read_yaml(fixture)["rule_files"]:
        groups = read_yaml((fixture.parent / rule_file).resolve())["groups"]
        own = [group for group in groups if re.fullmatch(named[1], group["name"])]
        if not own:
            raise FixtureError(f"{fixture.name}: no group of {rule_file} matches {named[1]}")
        name = Path(rule_file).name
        (folder / name).write_text(json.dumps({"groups": own}))
        text = text.replace(rule_file, name)
    copy = folder / fixture.name
    copy.write_text(text)
    return copy


class RuleFixtureFile(pytest.File):
    """A file that promtool runs as a whole."""

    def collect(self) -> Iterator[RuleFixture]:
        yield RuleFixture.from_parent(self, name=self.path.stem)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> RuleFixtureFile | None:
    """Takes every YAML file below this folder."""
    if file_path.suffix == ".yaml":
        return RuleFixtureFile.from_parent(parent, path=file_path)
    return None
