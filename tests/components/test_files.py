"""`delivery: files`: what this project generates, as a folder for GitOps."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml
from slostack.bundle import Bundle
from slostack.checks import check_bundle
from slostack.deploy.files.contents import OBJECTS, SERVERS, contents
from slostack.deploy.files.write import INDEX, write_files
from slostack.deploy.kubernetes import kubernetes_topology
from slostack.deploy.operator import operator_objects
from slostack.settings import parse_settings
from slostack.stack import make_bundle
from slostack.teams import teams_of
from tests.components.operator_stack import operator_config, operator_program
from tests.components.program import ROOT, refusal, run_anew


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The files of a stack that uses every receiver."""
    settings = parse_settings(_config(), "prod")
    bundle = make_bundle(ROOT, settings, kubernetes_topology(settings))
    return contents(bundle, operator_objects(ROOT, bundle, settings), settings, teams_of(ROOT, settings.watched))


def _config() -> dict[str, Any]:
    return operator_config("monitoring") | {"delivery": "files"}


def test_the_objects_are_those_of_an_operators_stack_without_secrets(texts: dict[str, str]) -> None:
    written = {path: plain_yaml.load(text) for path, text in texts.items() if path.startswith(f"{OBJECTS}/")}
    registered = [dict(each.inputs) for each in operator_program("monitoring").resources if "kind" in each.inputs]
    expected = [each for each in registered if each["kind"] != "Secret"]
    assert sorted(written.values(), key=str_of) == sorted(expected, key=str_of)
    assert plain_yaml.load(texts["kustomization.yaml"])["resources"] == sorted(written)


def str_of(each: dict[str, Any]) -> str:
    return f"{each['kind']}/{each['metadata']['name']}"


def test_the_servers_files_are_the_bundle(texts: dict[str, str]) -> None:
    check_bundle(Bundle({k.removeprefix(f"{SERVERS}/"): v for k, v in texts.items() if k.startswith(f"{SERVERS}/")}))


def test_the_readme_lists_every_secret_that_the_objects_read(texts: dict[str, str]) -> None:
    rows = [line.split("|") for line in texts["README.md"].splitlines() if line.startswith("| slostack")]
    listed = {(row[1].strip(), row[2].strip()) for row in rows}
    secrets = (each for each in operator_program("monitoring").resources if each.type.endswith(":Secret"))
    assert listed == {(each.name, key) for each in secrets for key in each.inputs["stringData"]["value"]}


def test_the_program_writes_below_the_project_and_asks_for_no_secret() -> None:
    config = _config() | {"files": {"folder": "build/manifests-of-a-test"}}
    folder = ROOT / "build" / "manifests-of-a-test" / "prod"
    try:
        program = run_anew("prod", config, {})
        assert program.outputs["folder"] == "build/manifests-of-a-test/prod"
        assert (folder / "kustomization.yaml").is_file()
        assert not program.resources
        assert len(program.checked) == 1
        before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
        run_anew("prod", config, {})
        assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    finally:
        shutil.rmtree(ROOT / "build" / "manifests-of-a-test", ignore_errors=True)


def test_what_is_gone_is_removed_and_what_others_wrote_is_left(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.yaml": "1", "objects/b.yaml": "2", "objects/deep/c.yaml": "3"})
    (tmp_path / "objects/own.yaml").write_text("mine")
    write_files(tmp_path, {"a.yaml": "4"})
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == {
        "a.yaml",
        "objects/own.yaml",
        INDEX,
    }
    assert (tmp_path / "a.yaml").read_text() == "4"
    assert not (tmp_path / "objects/deep").exists()


def test_an_index_that_names_files_elsewhere_removes_none(tmp_path: Path) -> None:
    (tmp_path / "theirs.yaml").write_text("theirs")
    folder = tmp_path / "prod"
    folder.mkdir()
    (folder / INDEX).write_text("../theirs.yaml\n/etc/hostname\n")
    write_files(folder, {"a.yaml": "1"})
    assert (tmp_path / "theirs.yaml").exists()


def test_an_interrupted_run_is_finished_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"a.yaml": "1", "b.yaml": "1"})
    monkeypatch.setattr("slostack.deploy.files.write._remove", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files(tmp_path, {"c.yaml": "1"})
    monkeypatch.undo()
    write_files(tmp_path, {"d.yaml": "1"})
    assert {path.name for path in tmp_path.iterdir()} == {"d.yaml", INDEX}


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("folder", ["/etc", "../outside", "a/../b", "", "a//b", ".git"])
def test_a_folder_outside_the_project_is_refused(folder: str) -> None:
    message = refusal("prod", _config() | {"files": {"folder": folder}}, {})
    assert "slostack:files.folder" in message
