"""A promtool fixture against the rules that it is about.

promtool evaluates every rule at every step, whatever its group's interval. A fixture is played against those alone that
it asks for, directly or not, and where its comment `# groups: <regular expression>` names rule groups, against those of
them that are theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from os.path import commonpath, normpath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Self

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from slostack import plain_yaml
from slostack.errors import SlostackError
from slostack.fixtures.document import GROUPS
from slostack.playing.needed import needed
from slostack.playing.proven import is_proven, proof_of, remember
from slostack.promtool import TestResult, test_rules

_NAMED = re.compile(rf"^{GROUPS} (\S+)$", re.MULTILINE)
_MISTAKES = (OSError, ValueError, yaml.YAMLError)
"""What reading may raise of a file that promtool refuses, too: no file, no YAML, another shape, or no PromQL."""


class NoSuchGroup(SlostackError):  # noqa: N818
    """A fixture names groups that its rule files don't have."""


class _Shape(BaseModel):
    """What promtool takes, as far as it is read here."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class _Question(_Shape):
    expr: str


class _Alert(_Shape):
    alertname: str


class _Series(_Shape):
    series: str


class _Test(_Shape):
    input_series: tuple[_Series, ...] | None = None
    promql_expr_test: tuple[_Question, ...] | None = None
    alert_rule_test: tuple[_Alert, ...] | None = None


class _Fixture(_Shape):
    rule_files: tuple[str, ...] | None = None
    tests: tuple[_Test, ...]


class _Rule(_Shape):
    record: str | None = None
    alert: str | None = None
    expr: str
    labels: dict[str, str | None] | None = None
    annotations: dict[str, str | None] | None = None

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        if not (self.record or self.alert):
            raise ValueError("expected `record` or `alert`")
        return self


class _Group(_Shape):
    name: str
    labels: dict[str, str | None] | None = None
    rules: tuple[_Rule, ...]


class _RuleFile(_Shape):
    groups: tuple[_Group, ...]


class _AsWritten(plain_yaml.Loader):  # type: ignore[misc, valid-type]
    """Takes scalars for text, as promtool does where it expects one (`1.10`, `yes`, `0x240`)."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


_AsWritten.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"(?:0|[1-9]\d*)\Z"), [*"0123456789"])
_AsWritten.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|)\Z"), ["~", "n", ""])
_AsWritten.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"<<\Z"), ["<"])


def play(fixture: Path) -> TestResult:
    """What promtool finds of a fixture against the rules that it is about; one that fails is a result, not an error,
    and one that passed before isn't played again."""
    with TemporaryDirectory(prefix="slostack-fixture-") as folder:
        try:
            played = with_its_rules(fixture, Path(folder))
        except NoSuchGroup as error:
            return TestResult(passed=False, output=str(error))
        proof = proof_of(Path(folder)) if played.is_relative_to(folder) else None
        if proof and is_proven(proof):
            return TestResult(passed=True, output="", before=True)
        result = test_rules(played)
        if proof and result.passed:
            remember(proof)
        return TestResult(result.passed, result.output.replace(f"{folder}/", ""))


def with_its_rules(fixture: Path, folder: Path) -> Path:
    """A copy of a fixture in a folder, with rule files that have the rules alone that it depends on, each where it is
    seen from the fixture. The fixture itself where that or a rule file isn't what promtool can read (it says why), or
    where it names a rule file by an absolute path.

    Raises NoSuchGroup where no group of its rule files is one that it names.
    """
    fixture = fixture.resolve()
    try:
        text = fixture.read_text(encoding="utf-8")
        read = _Fixture.model_validate(_document(text))
        groups = [{**group, "file": file} for file in _rule_files(fixture, read) for group in _groups(file)]
        files: dict[str, list[dict[str, Any]]] = {group["file"]: [] for group in groups}
        for group in needed(_named(groups, text, fixture), *_questions(read), _given(read)):
            files[group.pop("file")].append(group)
    except _MISTAKES:
        return fixture
    if any(pattern.startswith("/") for pattern in read.rule_files or ()):
        return fixture
    root = commonpath([fixture.parent, *files])
    for file, own in files.items():
        _write(folder / Path(file).relative_to(root), json.dumps({"groups": own}))
    return _write(folder / fixture.relative_to(root), text)


@lru_cache(maxsize=64)
def _document(text: str) -> Any:
    return yaml.load(text, _AsWritten)


def _rule_files(fixture: Path, read: _Fixture) -> list[str]:
    """The files of a fixture's patterns, each once."""
    found: list[Path] = []
    for pattern in read.rule_files or ():
        folder = Path("/") if pattern.startswith("/") else fixture.parent
        found += sorted(folder.glob(pattern.lstrip("/")))
    return list(dict.fromkeys(map(normpath, found)))


def _groups(file: str) -> list[dict[str, Any]]:
    document = _document(Path(file).read_text(encoding="utf-8"))
    _RuleFile.model_validate(document)
    groups: list[dict[str, Any]] = document["groups"]
    return groups


def _named(groups: Sequence[dict[str, Any]], text: str, fixture: Path) -> Sequence[dict[str, Any]]:
    """Those of the groups that the fixture names; all where it names none."""
    pattern = _NAMED.search(text)
    if not pattern:
        return groups
    try:
        named = [group for group in groups if re.fullmatch(pattern[1], str(group["name"]))]
    except re.error as error:
        raise NoSuchGroup(f"{fixture.name}: `{pattern[0]}`: {error}, expected a regular expression") from None
    if not named:
        raise NoSuchGroup(f"{fixture.name}: `{pattern[0]}`: its rule files have no such group")
    return named


def _questions(read: _Fixture) -> tuple[list[str], list[str]]:
    """The expressions that a fixture asks, and the alerts by name."""
    exprs = [case.expr for test in read.tests for case in test.promql_expr_test or ()]
    alerts = [case.alertname for test in read.tests for case in test.alert_rule_test or ()]
    return exprs, alerts


def _given(read: _Fixture) -> list[str]:
    """The series that a fixture has."""
    return [each.series for test in read.tests for each in test.input_series or ()]


def _write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file
