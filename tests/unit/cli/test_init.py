"""`slostack init`: a whole project in a new or empty folder, and nothing where there is something already."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack.cli import main
from slostack.settings import load_settings, stack_names
from slostack.teams import load_teams

ROOT = Path(__file__).parents[3]


def init(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Runs `slostack init`; its exit code."""
    monkeypatch.setattr("sys.argv", ["slostack", "init", *arguments])
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def files(folder: Path) -> list[str]:
    """The paths of all files below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_project_is_made_outside_of_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert init(monkeypatch, "deep/down", "--service", "shop") == 0
    project = tmp_path / "deep/down"
    assert {
        *(".github/workflows/slostack.yml", ".gitignore", ".dockerignore", "Pulumi.yaml", "README.md", "__main__.py"),
        *(
            "requirements.txt",
            "teams.yaml",
            "slos/shop.yaml",
            "runbooks/shop/error-budget-burn.md",
            "runbooks/slostack/watchdog.md",
        ),
        *("alert_rules/shop.yaml", "alert_rules/slostack.yaml", "dashboards/shop.json", "schemas/slo.schema.json"),
    } <= set(files(project))
    assert {name: load_settings(project, name).delivery for name in stack_names(project)} == {
        "local": "local",
        "prod": "kubernetes",
    }
    assert set(load_teams(project)) == {"shop", "platform"}
    text = "".join((project / path).read_text(encoding="utf-8") for path in ("README.md", "requirements.txt"))
    assert "{{" not in text
    assert "slostack==" in text
    for folder in (project, ROOT):
        ignored, kept_out = (_patterns(folder / name) for name in (".gitignore", ".dockerignore"))
        assert ignored | {".git"} == kept_out
    assert [path.name for path in project.iterdir() if path.name.endswith("tmp")] == []


def _patterns(file: Path) -> set[str]:
    """What a file leaves out, as Git writes it."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return {line.removeprefix("**/").rstrip("/") for line in lines if not line.startswith("#")}


@pytest.mark.parametrize(("ci", "made"), [("gitlab", [".gitlab-ci.yml"]), ("none", [])])
def test_the_pipeline_is_for_the_host_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, made: list[str]
) -> None:
    (tmp_path / ".git").mkdir()
    assert init(monkeypatch, str(tmp_path), "--ci", ci) == 0
    assert [path for path in files(tmp_path) if path.startswith((".github", ".gitlab"))] == made


@pytest.mark.parametrize("there", ["notes.txt", ".hidden", "Pulumi.yaml"])
def test_a_folder_with_anything_in_it_is_refused_and_untouched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], there: str
) -> None:
    (tmp_path / there).write_text("mine", encoding="utf-8")
    assert init(monkeypatch, str(tmp_path)) == 1
    assert capfd.readouterr().err == f"{tmp_path} has '{there}' in it already, expected a new or an empty folder\n"
    assert init(monkeypatch, str(tmp_path / there)) == 1
    assert capfd.readouterr().err == f"{tmp_path / there} is a file, expected a new folder\n"
    assert files(tmp_path) == [there]
    assert (tmp_path / there).read_text(encoding="utf-8") == "mine"


def test_a_name_that_is_none_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert init(monkeypatch, str(tmp_path / "new"), "--service", "My Shop") == 1
    assert list(tmp_path.iterdir()) == []
