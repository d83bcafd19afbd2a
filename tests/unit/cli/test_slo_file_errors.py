"""What a user meets whose SLO files are wrong: the mistakes on stderr, exit 2, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack.cli import main
from tests.unit.spec.files import edited, project


def run(monkeypatch: pytest.MonkeyPatch, root: Path, *arguments: str) -> int:
    """Runs slostack in a project; returns its exit code."""
    (root / "Pulumi.yaml").write_text("name: slostack\n", encoding="utf-8")
    monkeypatch.chdir(root)
    monkeypatch.setattr("sys.argv", ["slostack", *arguments])
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a project by its path."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("arguments", [["validate"], ["render"], ["render", "--check"], ["diff"]], ids=" ".join)
def test_mistakes_end_every_command_before_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    project(tmp_path, edited("objective: 99.9", "objective: 101"))
    project(tmp_path, "\0", "web.yaml")
    (tmp_path / "Pulumi.yaml").write_text("name: slostack\n", encoding="utf-8")
    before = contents(tmp_path)
    assert run(monkeypatch, tmp_path, *arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "slos/api.yaml:10:16: slos[0].objective: 101, expected a percentage above 0 and at most 99.99999, such as 99.9",
        "slos/web.yaml:1:1: the unprintable character U+0000, expected text",
    ]
    assert contents(tmp_path) == before


def test_right_files_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    assert run(monkeypatch, tmp_path, "validate") == 0
    assert capfd.readouterr().out == "1 service, 1 SLO, 1 threshold alert: valid\n"


def test_single_files_can_be_validated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    project(tmp_path, "", "web.yaml")
    assert run(monkeypatch, tmp_path, "validate", "slos/api.yaml") == 0
    assert run(monkeypatch, tmp_path, "validate", "slos/web.yaml") == 2
    assert capfd.readouterr().err == "slos/web.yaml:1:1: the file is empty, expected a YAML mapping\n"


def test_what_up_would_refuse_of_a_stacks_services_is_a_mistake_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    stack = tmp_path / "stacks/Pulumi.local.yaml"
    stack.parent.mkdir()
    services = "{api: {targets: ['localhost:1']}, gone: {targets: ['localhost:2']}}"
    text = f"config: {{slostack:environment: local, slostack:delivery: local, slostack:services: {services}}}\n"
    stack.write_text(text, encoding="utf-8")
    assert run(monkeypatch, tmp_path, "validate") == 1
    expected = "stacks/Pulumi.local.yaml: slostack:services names gone, expected services that have a file in slos/\n"
    assert capfd.readouterr().err == expected
    assert run(monkeypatch, tmp_path, "validate", "slos/api.yaml") == 0
