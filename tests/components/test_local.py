"""The stack on this machine as a resource: one, whose provider judges by what really runs."""

from __future__ import annotations

import base64
import dataclasses
import json
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from slostack.deploy.local import pulumi_resource, state
from slostack.deploy.local.install import bundle_digest, installed_digest
from slostack.deploy.local.pulumi_resource import complete_topology
from slostack.deploy.local.state import LocalStack, ProgramState
from slostack.deploy.local.state_folder import StateFolder
from slostack.errors import SlostackError
from slostack.names import SERVER_JOBS
from slostack.servers import versions
from slostack.settings import Settings, load_settings, parse_settings
from slostack.stack import make_bundle
from tests.components.program import ROOT, Program, refusal, run_program, stack_config


@pytest.fixture(scope="module")
def program() -> Program:
    return run_program("local", stack_config("local"), {})


@pytest.fixture
def inputs(program: Program) -> dict[str, Any]:
    """What the engine hands to the provider."""
    (resource,) = program.resources
    return dict(resource.inputs)


@pytest.fixture
def provider() -> Any:
    return pulumi_resource._Provider()


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> list[LocalStack | None]:
    """What really runs, as the provider sees it; tests replace its one item."""
    settings = load_settings(ROOT, "local")
    bundle = make_bundle(ROOT, settings, complete_topology(ROOT, settings))
    names = ("prometheus", "alertmanager", "loki", "grafana", "notifications", "demo")
    programs = tuple(ProgramState(name, "ready", "1.2.3", None, 4321, "") for name in names)
    running: list[LocalStack | None] = [LocalStack("local", programs, (), bundle_digest(bundle))]
    monkeypatch.setattr(state, "status", lambda _root: running[0])
    return running


def test_the_program_is_one_resource_with_plain_inputs(program: Program, inputs: dict[str, Any]) -> None:
    (resource,) = program.resources
    assert resource.type == "pulumi-python:dynamic/slostack:LocalStack"
    assert inputs["root"] == str(ROOT)
    assert inputs["pinned"] == {name: versions()[name].version for name in SERVER_JOBS}
    assert isinstance(inputs["__provider"], str)
    settings = Settings.model_validate_json(inputs["settings"], context={"file": inputs["file"]})
    assert settings == parse_settings(stack_config("local"), "local") == load_settings(ROOT, "local")
    assert program.outputs["urls"]["grafana"] == f"http://127.0.0.1:{settings.local.ports.grafana}"
    assert set(program.outputs) == {"urls", "versions", "rules", "alerts", "contents"}


def test_the_provider_is_found_by_its_name_in_another_process(provider: Any) -> None:
    pickled = base64.b64decode(serialize_provider(provider))
    assert b"slostack.deploy.local.pulumi_resource" in pickled
    assert len(pickled) < 200


def test_no_change_while_all_runs_as_wanted(
    provider: Any, inputs: dict[str, Any], stack: list[LocalStack | None]
) -> None:
    assert stack
    assert provider.diff("local", inputs, inputs).changes is False


@pytest.mark.parametrize("key", ["settings", "bundle", "pinned"])
def test_other_inputs_are_a_change(
    provider: Any, inputs: dict[str, Any], stack: list[LocalStack | None], key: str
) -> None:
    assert stack
    assert provider.diff("local", {**inputs, key: "old"}, inputs).changes is True


def test_a_stopped_stack_is_a_change_and_read_as_gone(
    provider: Any, inputs: dict[str, Any], stack: list[LocalStack | None]
) -> None:
    stack[0] = None
    assert provider.diff("local", inputs, inputs).changes is True
    assert provider.read("local", inputs).id is None


def test_a_stack_without_processes_is_gone(
    provider: Any, inputs: dict[str, Any], stack: list[LocalStack | None]
) -> None:
    assert stack[0]
    dead = tuple(dataclasses.replace(program, pid=None, state="not running") for program in stack[0].programs)
    stack[0] = dataclasses.replace(stack[0], programs=dead)
    assert provider.read("local", inputs).id is None


def test_a_server_that_is_not_ready_is_a_change_and_read_as_it_is(
    provider: Any, inputs: dict[str, Any], stack: list[LocalStack | None]
) -> None:
    assert stack[0]
    first, *rest = stack[0].programs
    stack[0] = dataclasses.replace(stack[0], programs=(dataclasses.replace(first, state="not ready"), *rest))
    assert provider.diff("local", inputs, inputs).changes is True
    read = provider.read("local", inputs)
    assert read.id == "local"
    assert read.outs["states"]["prometheus"] == "not ready"
    assert read.outs["settings"] == inputs["settings"]


def test_other_files_than_the_project_says_are_a_change(
    provider: Any, inputs: dict[str, Any], stack: list[LocalStack | None]
) -> None:
    assert stack[0]
    stack[0] = dataclasses.replace(stack[0], digest="of other files")
    assert provider.diff("local", inputs, inputs).changes is True


def test_a_machine_without_grafana_is_no_change(
    provider: Any, inputs: dict[str, Any], stack: list[LocalStack | None]
) -> None:
    assert stack[0]
    settings = load_settings(ROOT, "local")
    topology = dataclasses.replace(complete_topology(ROOT, settings), grafana=None)
    absent = (ProgramState("grafana", "not running", None, None, None, "nowhere to be had"),)
    programs = tuple(program for program in stack[0].programs if program.name != "grafana")
    stack[0] = LocalStack("local", programs, absent, bundle_digest(make_bundle(ROOT, settings, topology)))
    assert provider.diff("local", inputs, inputs).changes is False
    assert provider.read("local", inputs).outs["states"]["grafana"] == "not running"


def test_another_project_folder_replaces_the_stack_after_stopping_the_old_one(
    provider: Any, inputs: dict[str, Any]
) -> None:
    difference = provider.diff("local", {**inputs, "root": "/elsewhere"}, inputs)
    assert (difference.changes, difference.replaces, difference.delete_before_replace) == (True, ["root"], True)


def test_the_digest_of_a_bundle_is_that_of_its_installed_files(tmp_path: Path) -> None:
    folder = StateFolder.of(tmp_path)
    settings = load_settings(ROOT, "local")
    bundle = make_bundle(ROOT, settings, complete_topology(tmp_path, settings))
    for name, text in bundle.files.items():
        path = folder.config / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert installed_digest(folder) == bundle_digest(bundle)
    (folder.config / "loki" / "loki.yaml").write_text("")
    assert installed_digest(folder) != bundle_digest(bundle)


def test_a_failure_is_told_without_its_call_stack(
    provider: Any, inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> LocalStack:
        raise SlostackError("port 9090 is taken")

    monkeypatch.setattr(pulumi_resource, "up", fail)
    monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)
    try:
        provider.create(inputs)
    except SlostackError:
        assert traceback.format_exc() == "slostack.errors.SlostackError: port 9090 is taken\n"
    else:
        pytest.fail("no error")


def test_secrets_of_this_machine_are_files(program: Program) -> None:
    message = refusal("local", stack_config("local"), {"slackUrl": "canary"})
    assert message.startswith("stack local: slostack:slackUrl: not read on this machine, expected the file")
    assert json.dumps(dict(program.resources[0].inputs)).count("canary") == 0
