"""`slostack test`: fixtures pass, or are named with what promtool says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.test_slo_file_errors import run

RULES = "groups: [{name: g, rules: [{record: a:b:c, expr: vector(1)}]}]\n"


def fixture(root: Path, name: str, value: int) -> None:
    """A fixture that expects a:b:c, which is 1, to be a value."""
    (root / "alert_rules/custom").mkdir(parents=True, exist_ok=True)
    (root / "alert_rules/custom/own.yaml").write_text(RULES, encoding="utf-8")
    (root / "tests/rules").mkdir(parents=True, exist_ok=True)
    test = (
        f"{{promql_expr_test: [{{expr: 'a:b:c', eval_time: 1m, exp_samples: [{{labels: 'a:b:c', value: {value}}}]}}]}}"
    )
    text = f"rule_files: [../../alert_rules/custom/own.yaml]\ntests: [{test}]\n"
    (root / f"tests/rules/{name}.yaml").write_text(text, encoding="utf-8")


def test_fixtures_that_fail_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fixture(tmp_path, "right", 1)
    assert run(monkeypatch, tmp_path, "test") == 0
    assert capfd.readouterr() == ("1 rule fixture: passed\n", "")
    fixture(tmp_path, "wrong", 2)
    assert run(monkeypatch, tmp_path, "test") == 1
    out, err = capfd.readouterr()
    assert out == "2 rule fixtures: 1 failed\n"
    assert err.startswith("tests/rules/wrong.yaml\n")
    assert "a:b:c" in err
    assert "right.yaml" not in err


def test_a_project_without_fixtures_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, "test") == 1
    assert capfd.readouterr().err.startswith("no fixture below tests/rules/")
