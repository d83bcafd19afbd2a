"""`slostack test`: fixtures pass, or are named with what promtool says of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slostack import promtool
from slostack.cli.progress import Count
from slostack.playing import play
from slostack.playing.proven import _forget_old
from tests.unit.cli.test_slo_file_errors import run

GROUP = "{{name: {name}, interval: {interval}, rules: [{{record: a:b:c, expr: {expr}}}]}}"


def rules(root: Path, *groups: str, file: str = "alert_rules/custom/own.yaml") -> None:
    """A rule file of these groups."""
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"groups: [{', '.join(groups)}]\n", encoding="utf-8")


def group(expr: str = "vector(1)", name: str = "g", interval: str = "1m") -> str:
    """A group that records a:b:c."""
    return GROUP.format(name=name, interval=interval, expr=expr)


def fixture(
    root: Path,
    name: str,
    value: int = 1,
    *,
    labels: str = "",
    files: str = "../../alert_rules/custom/own.yaml",
    head: str = "",
) -> Path:
    """A fixture that expects a:b:c to be a value."""
    path = root / f"tests/rules/{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    sample = f"{{labels: 'a:b:c{labels}', value: {value}}}"
    test = f"{{promql_expr_test: [{{expr: 'a:b:c', eval_time: 1m, exp_samples: [{sample}]}}]}}"
    path.write_text(f"{head}rule_files: [{files}]\ntests: [{test}]\n", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _nothing_passed_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slostack.playing.proven.cache_root", lambda: tmp_path / "cache")


def test_fixtures_that_fail_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    rules(tmp_path, group())
    fixture(tmp_path, "right")
    assert run(monkeypatch, tmp_path, "test") == 0
    assert capfd.readouterr() == ("1 rule fixture: passed\n", "")
    fixture(tmp_path, "wrong", 2)
    assert run(monkeypatch, tmp_path, "test") == 1
    out, err = capfd.readouterr()
    assert out == "2 rule fixtures: 1 failed (1 passed before, unchanged since)\n"
    assert err.startswith("tests/rules/wrong.yaml\n")
    assert "a:b:c" in err
    assert "right.yaml" not in err


def test_what_passed_is_played_again_once_it_its_rules_or_promtool_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def said() -> str:
        run(monkeypatch, tmp_path, "test")
        return capfd.readouterr().out

    rules(tmp_path, group())
    fixture(tmp_path, "a")
    fixture(tmp_path, "b", 2)
    assert said() == "2 rule fixtures: 1 failed\n"
    assert said() == "2 rule fixtures: 1 failed (1 passed before, unchanged since)\n"
    rules(tmp_path, group("vector(2)"))
    assert said() == "2 rule fixtures: 1 failed\n", "the other one"
    rules(tmp_path, group(), group("vector(3)", name="of which nobody asks").replace("a:b:c", "d:e:f"))
    assert said() == "2 rule fixtures: 1 failed (1 passed before, unchanged since)\n"
    monkeypatch.setattr("slostack.playing.proven.promtool_identity", lambda: "another")
    assert said() == "2 rule fixtures: 1 failed\n"


def test_what_nobody_asked_for_in_a_month_is_forgotten(tmp_path: Path) -> None:
    rules(tmp_path, group())
    assert [play(fixture(tmp_path, "a")).before for _ in range(2)] == [False, True]
    (proof,) = (tmp_path / "cache/passed-fixtures").iterdir()
    os.utime(proof, (0, 0))
    assert play(fixture(tmp_path, "a")).before
    assert proof.stat().st_mtime > 0, "asked for, so remembered"
    os.utime(proof, (0, 0))
    _forget_old.cache_clear()
    assert not play(fixture(tmp_path, "a")).before


def test_what_names_a_rule_file_by_an_absolute_path_is_played_each_time(tmp_path: Path) -> None:
    rules(tmp_path, group())
    absolute = fixture(tmp_path, "a", files=f"{tmp_path}/alert_rules/custom/own.yaml")
    assert [(each.passed, each.before) for each in map(play, (absolute, absolute))] == [(True, False)] * 2


def test_where_nothing_can_be_remembered_it_is_played_each_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    rules(tmp_path, group())
    results = [play(fixture(tmp_path, "a")) for _ in range(2)]
    assert [(each.passed, each.before) for each in results] == [(True, False)] * 2


@pytest.mark.parametrize(
    ("chosen", "played"),
    [
        (("shop",), 2),
        (("slos/shop.yaml",), 2),
        (("shop", "tests/rules/generated/shop/a.yaml"), 2),
        (("tests/rules/generated",), 1),
        (("tests/rules/other.yaml",), 1),
        (("shop", "tests/rules"), 3),
    ],
)
def test_fixtures_can_be_chosen_by_service_file_or_folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    chosen: tuple[str, ...],
    played: int,
) -> None:
    rules(tmp_path, group(), file="alert_rules/shop.yaml")
    rules(tmp_path, group(), file="alert_rules/custom/shop.yaml")
    fixture(tmp_path, "generated/shop/a", files="../../../../alert_rules/shop.yaml")
    fixture(tmp_path, "own", files="../../alert_rules/shop.yaml")
    fixture(tmp_path, "other", files="../../alert_rules/custom/shop.yaml")
    (tmp_path / "slos").mkdir()
    (tmp_path / "slos/shop.yaml").touch()
    monkeypatch.setattr("slostack.cli.test.play", lambda _: promtool.TestResult(passed=True, output=""))
    assert run(monkeypatch, tmp_path, "test", *chosen) == 0
    assert capfd.readouterr() == (f"{played} rule fixture{'s' if played > 1 else ''}: passed\n", "")


def test_what_there_is_no_fixture_of_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, "test", "shpo") == 1
    assert (
        capfd.readouterr().err == "no fixture of 'shpo', expected a service of slos/, a fixture, or a folder of them\n"
    )


@pytest.mark.parametrize(("patience", "told"), [(0.0, True), (1e9, False)])
def test_how_far_it_is_is_said_on_a_terminal_once_it_takes_a_while(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], patience: float, told: bool
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr("slostack.cli.progress.PATIENCE", patience)
    with Count("rule fixtures", 2) as count:
        count.one()
    assert ("rule fixtures" in capfd.readouterr().err) == told


def test_a_project_without_fixtures_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, "test") == 1
    assert capfd.readouterr().err.startswith("no fixture below tests/rules/")


def test_the_groups_alone_that_a_fixture_names_are_evaluated(tmp_path: Path) -> None:
    rules(tmp_path, group("vector(1)", "mine/a"), group("vector(2)", "other/a"))
    assert not play(fixture(tmp_path, "all")).passed
    assert play(fixture(tmp_path, "named", head="# groups: mine/.*\n")).passed


def test_groups_that_there_are_not_are_a_failure(tmp_path: Path) -> None:
    rules(tmp_path, group())
    result = play(fixture(tmp_path, "a", head="# groups: another\n"))
    assert not result.passed
    assert result.output == "a.yaml: `# groups: another`: its rule files have no such group"


def test_groups_by_no_regular_expression_are_a_failure(tmp_path: Path) -> None:
    rules(tmp_path, group())
    result = play(fixture(tmp_path, "a", head="# groups: g(\n"))
    assert not result.passed
    assert result.output.startswith("a.yaml: `# groups: g(`: missing ), unterminated subpattern")


@pytest.mark.parametrize("pattern", ["[[:digit:]]+", "5(?i)00|5", "(?P<n>5)"])
def test_a_matcher_that_python_reads_otherwise_leaves_no_rule_out(tmp_path: Path, pattern: str) -> None:
    recorded = "{name: g, rules: [{record: 'd:e:f', expr: vector(1), labels: {code: 5}}]}"
    rules(tmp_path, recorded, group(f"'sum(d:e:f{{code=~\"{pattern}\"}})'", name="h"))
    result = play(fixture(tmp_path, "a"))
    assert result.passed, result.output


def test_a_group_that_is_named_need_not_be_in_every_rule_file(tmp_path: Path) -> None:
    rules(tmp_path, group())
    rules(tmp_path, group("vector(2)", "h"), file="alert_rules/custom/more.yaml")
    assert play(fixture(tmp_path, "a", files="../../alert_rules/custom/*.yaml", head="# groups: g\n")).passed


def test_rule_files_and_groups_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    rules(tmp_path, group("d:e:f + 1"))
    rules(tmp_path, "{name: g, rules: [{record: 'd:e:f', expr: vector(2)}]}", file="alert_rules/own.yaml")
    files = "../../alert_rules/own.yaml, ../../alert_rules/custom/own.yaml"
    result = play(fixture(tmp_path, "a", 3, files=files))
    assert result.passed, result.output


def test_labels_are_taken_as_they_are_written(tmp_path: Path) -> None:
    labels = "{version: 1.10, on: yes, code: 0500, number: 7}"
    rules(tmp_path, f"{{name: g, limit: 5, rules: [{{record: 'a:b:c', expr: vector(1), labels: {labels}}}]}}")
    result = play(fixture(tmp_path, "a", labels='{code="0500",number="7",on="yes",version="1.10"}'))
    assert result.passed, result.output


@pytest.mark.parametrize(
    ("rule_file", "reason"),
    [
        ("groups: [{name: g, rules: [{record: 'a:b:c', expr: 'vector('}]}]", "unclosed left parenthesis"),
        ("groups: [{name: g, rules: [{record: 'a:b:c'}]}]", "field 'expr' must be set in rule"),
        ("groups: [{name: g, rules: 1}]", "cannot unmarshal"),
        ("groups: [", "did not find expected node content"),
    ],
)
def test_of_a_rule_file_that_is_wrong_promtool_says_why(tmp_path: Path, rule_file: str, reason: str) -> None:
    rules(tmp_path)
    (tmp_path / "alert_rules/custom/own.yaml").write_text(rule_file, encoding="utf-8")
    result = play(fixture(tmp_path, "a"))
    assert not result.passed
    assert reason in result.output


@pytest.mark.parametrize(("text", "reason"), [("tests: [", "did not find"), ("tests: 1", "cannot unmarshal")])
def test_of_a_fixture_that_is_wrong_promtool_says_why(tmp_path: Path, text: str, reason: str) -> None:
    path = fixture(tmp_path, "a")
    path.write_text(text, encoding="utf-8")
    result = play(path)
    assert not result.passed
    assert reason in result.output
