"""Collects promtool's own rule fixtures: every tests/rules/**/*.yaml is one test.

promtool evaluates every rule every time. A fixture runs against those alone that it asks for, directly or not, and
where its comment `# groups: <regular expression>` names rule groups, against those of them that are theirs: it comes to
the same result, many times faster.
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

from slostack import plain_yaml, promtool
from tests.rules.needed import needed

GROUPS = re.compile(r"^# groups: (\S+)$", re.MULTILINE)


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
        with TemporaryDirectory() as folder:
            result = promtool.test_rules(with_its_rules(self.path, Path(folder)))
        if not result.passed:
            raise FixtureError(result.output)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        if isinstance(excinfo.value, FixtureError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"rule fixture {self.path.name}"


def with_its_rules(fixture: Path, folder: Path) -> Path:
    """A copy of a fixture in a folder, beside rule files with the rules alone that it depends on."""
    text, document = fixture.read_text(), read_yaml(fixture)
    named = GROUPS.search(text)
    files = {name: read_yaml((fixture.parent / name).resolve())["groups"] for name in document.get("rule_files") or ()}
    if named:
        for rule_file, groups in files.items():
            files[rule_file] = [group for group in groups if re.fullmatch(named[1], group["name"])]
            if not files[rule_file]:
                raise FixtureError(f"{fixture.name}: no group of {rule_file} matches {named[1]}")
    own = needed([group for groups in files.values() for group in groups], *_questions(document), _given(document))
    for rule_file, groups in files.items():
        of = {group["name"] for group in groups}
        name = Path(rule_file).name
        (folder / name).write_text(json.dumps({"groups": [group for group in own if group["name"] in of]}))
        text = text.replace(rule_file, name)
    copy = folder / fixture.name
    copy.write_text(text)
    return copy


def _questions(fixture: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The expressions that a fixture asks, and the alerts by name."""
    exprs = [case["expr"] for test in fixture["tests"] for case in test.get("promql_expr_test") or ()]
    alerts = [case["alertname"] for test in fixture["tests"] for case in test.get("alert_rule_test") or ()]
    return exprs, alerts


def _given(fixture: dict[str, Any]) -> list[str]:
    """The series that a fixture has."""
    return [each["series"] for test in fixture["tests"] for each in test.get("input_series") or ()]


class RuleFixtureFile(pytest.File):
    """A file that promtool runs as a whole."""

    def collect(self) -> Iterator[RuleFixture]:
        yield RuleFixture.from_parent(self, name=self.path.stem)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> RuleFixtureFile | None:
    """Takes every YAML file below this folder."""
    if file_path.suffix == ".yaml":
        return RuleFixtureFile.from_parent(parent, path=file_path)
    return None
