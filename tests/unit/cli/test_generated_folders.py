"""`slostack render` removes what it wrote and nothing else; a file of someone else's is named, and nothing written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slostack.cli import render
from slostack.errors import SlostackError
from slostack.project import Staleness, write_generated
from tests.unit.cli.test_slo_file_errors import contents, run
from tests.unit.spec.files import RIGHT, SLI, edited, project

WEB = RIGHT.replace("service: api", "service: web").replace("{job: api,", "{job: web,")


def test_what_was_generated_goes_with_its_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    web = project(tmp_path, WEB, "web.yaml")
    assert run(monkeypatch, tmp_path, "render") == 0
    assert (tmp_path / "alert_rules/web.yaml").is_file()
    web.unlink()
    (tmp_path / "alert_rules/slostack.yaml").unlink()
    overview = tmp_path / "dashboards/overview.json"
    overview.write_text(overview.read_text(encoding="utf-8") + "edited\n" * 9, encoding="utf-8")
    capfd.readouterr()
    assert run(monkeypatch, tmp_path, "render", "--check") == 1
    stale, err = capfd.readouterr()
    told = [line for line in stale.splitlines() if line.startswith(("added", "changed", "deleted"))]
    assert told[:2] == ["added    alert_rules/slostack.yaml", "changed  dashboards/overview.json"]
    assert "deleted  tests/rules/generated/web/availability/page-1h.yaml" in told
    assert "--- alert_rules/web.yaml" not in stale
    assert "--- dashboards/overview.json\n+++ dashboards/overview.json (rendered)\n@@" in stale
    assert err == "stale: run `slostack render` and commit what it changes\n"
    lines = len(stale.splitlines()) - len(told)
    monkeypatch.setattr(render, "LINES", 3)
    assert run(monkeypatch, tmp_path, "render", "--check") == 1
    told_of = capfd.readouterr().out.splitlines()
    assert told_of[:-1] == stale.splitlines()[: len(told) + 3]
    assert told_of[-1] == f"and {lines - 3} lines more: `slostack render --check --diff` shows them all"
    assert run(monkeypatch, tmp_path, "render", "--check", "--diff") == 1
    assert capfd.readouterr().out == stale
    assert run(monkeypatch, tmp_path, "render") == 0
    assert not (tmp_path / "tests/rules/generated/web").exists()
    assert sorted(path.name for path in (tmp_path / "alert_rules").iterdir()) == [
        "api.yaml",
        "slostack-thanos.yaml",
        "slostack.yaml",
    ]
    assert sorted(path.name for path in (tmp_path / "dashboards").iterdir()) == [
        "api.json",
        "clusters.json",
        "overview.json",
        "probes.json",
        "slostack-thanos.json",
        "slostack.json",
    ]


@pytest.mark.parametrize("command", ["render", "render --check", "validate"])
@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("alert_rules/mine.yaml", "groups: []\n", "not generated from slos/mine.yaml"),
        ("alert_rules/api.yaml", "groups: []\n", "not generated from slos/api.yaml"),
        ("alert_rules/mine.yml", "groups: []\n", "a file with the suffix '.yml'"),
        ("dashboards/mine.json", '{"uid": "mine", "tags": ["slostack"]}', "not generated from slos/mine.yaml"),
        ("dashboards/folder.json/x", "", "a folder"),
    ],
)
def test_a_file_of_someone_else_s_is_named_and_kept(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    command: str,
    path: str,
    text: str,
    found: str,
) -> None:
    project(tmp_path)
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    (tmp_path / "Pulumi.yaml").write_text("name: slostack\n", encoding="utf-8")
    before = contents(tmp_path)
    assert run(monkeypatch, tmp_path, *command.split()) == 2
    folder = path.partition("/")[0]
    assert capfd.readouterr().err == (
        f"{path.removesuffix('/x')}:1:1: {found}, expected nothing but what `slostack render` writes; "
        f"move your own to {folder}/custom/, or remove it\n"
    )
    assert contents(tmp_path) == before


def test_loki_s_rules_go_when_the_last_slo_from_logs_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = '{logs: {bad: \'{app="api"} |= "error"\', total: \'{app="api"}\'}}'
    project(tmp_path, edited(SLI, logs))
    assert run(monkeypatch, tmp_path, "render") == 0
    assert (tmp_path / "alert_rules/loki/api.yaml").is_file()
    project(tmp_path)
    assert run(monkeypatch, tmp_path, "render") == 0
    assert not (tmp_path / "alert_rules/loki/api.yaml").exists()
    assert (tmp_path / "alert_rules/api.yaml").is_file()


def test_loki_s_folder_is_slostack_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    file = tmp_path / "alert_rules/loki/mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("groups: []\n", encoding="utf-8")
    assert run(monkeypatch, tmp_path, "render") == 2
    assert capfd.readouterr().err == (
        "alert_rules/loki/mine.yaml:1:1: not generated from slos/mine.yaml, "
        "expected nothing but what `slostack render` writes; remove it\n"
    )
    assert file.is_file()


def test_git_conflicts_in_generated_files_are_rendered_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path)
    assert run(monkeypatch, tmp_path, "render") == 0
    rendered = contents(tmp_path)
    for path in ("alert_rules/api.yaml", "dashboards/api.json"):
        text = (tmp_path / path).read_text(encoding="utf-8")
        (tmp_path / path).write_text(text + "<<<<<<< HEAD\n=======\n>>>>>>> main\n", encoding="utf-8")
    assert run(monkeypatch, tmp_path, "render") == 0
    assert contents(tmp_path) == rendered


def test_a_pipe_is_named_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    (tmp_path / "alert_rules").mkdir()
    os.mkfifo(tmp_path / "alert_rules/f.yaml")
    assert run(monkeypatch, tmp_path, "render") == 2
    assert capfd.readouterr().err.startswith("alert_rules/f.yaml:1:1: neither a file nor a link to one, expected")


def test_what_can_t_be_removed_is_said(tmp_path: Path) -> None:
    (tmp_path / "alert_rules/old.yaml").mkdir(parents=True)
    with pytest.raises(SlostackError, match=r"^can't remove alert_rules/old\.yaml \("):
        write_generated(tmp_path, Staleness({}, {}, ("alert_rules/old.yaml",)))
