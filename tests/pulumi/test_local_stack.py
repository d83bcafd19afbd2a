"""`pulumi up -s local` with the real engine, taking turns with the command line."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from slostack.deploy.local import down, status
from slostack.settings import load_settings
from tests.processes import free_ports, wait_until
from tests.pulumi.engine import Engine, edit_stack
from tests.pulumi.interrupted import interrupted, says_that_it_was_canceled

PORTS = ("prometheus", "alertmanager", "loki", "lokiGrpc", "grafana", "notifications", "demo")
QUIET = ("--yes", "--skip-preview", "--stack", "local")


@pytest.fixture
def local(engine: Engine) -> Iterator[Engine]:
    """The engine with a local stack on free ports; nothing of it runs afterwards."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    edit_stack(engine, "local", "local", {"ports": ports, "demo": True, "history": False})
    engine.new_stack("local", {})
    yield engine
    down(engine.project, print)


def test_pulumi_and_the_command_line_agree_on_one_stack(local: Engine) -> None:
    text = local.run("preview", "--stack", "local")
    assert "+ 2 to create" in text
    assert "nothing was deployed yet: " in text
    assert status(local.project) is None

    text = local.run("up", *QUIET)
    assert "+ 2 created" in text
    stack = status(local.project)
    assert stack
    assert stack.ready
    outputs = local.outputs("local")
    assert outputs["versions"] == {program.name: program.version for program in stack.programs if program.version}
    assert outputs["rules"] > 100
    assert outputs["alerts"] > 30
    assert requests.get(f"{outputs['urls']['prometheus']}/-/ready", timeout=5).status_code == 200

    local.run("up", "--refresh", *QUIET, "--expect-no-changes")
    _stopped_by_the_command_line(local)
    _edited_and_brought_up_by_the_command_line(local)

    assert "- 2 deleted" in local.run("destroy", *QUIET)
    assert status(local.project) is None
    assert not _processes(local)


def _stopped_by_the_command_line(local: Engine) -> None:
    _slostack(local, "down")
    assert "- 1 deleted" in local.run("refresh", *QUIET)
    assert "+ 1 created" in local.run("up", *QUIET)
    stack = status(local.project)
    assert stack
    assert stack.ready


def _edited_and_brought_up_by_the_command_line(local: Engine) -> None:
    path = local.project / "slos" / "learnsnap.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("objective: 99.9 ", "objective: 99.5 "), encoding="utf-8")
    text = local.run("preview", "--stack", "local")
    assert "~ 1 to update" in text
    said = r"compared with the last deployment: recording rules \d+ changed; alerts 5 changed; dashboards 1 changed"
    assert re.search(said, text)
    _slostack(local, "up")
    after = status(local.project)
    assert "~ 1 updated" in local.run("up", *QUIET)
    assert status(local.project) == after


def test_what_stands_in_the_way_is_one_clear_line(local: Engine) -> None:
    settings = load_settings(local.project, "local")
    with socket.create_server(("127.0.0.1", settings.local.ports.prometheus)):
        text = local.run("up", *QUIET, succeeds=False)
    assert f"port {settings.local.ports.prometheus} for prometheus is taken" in text
    assert "Traceback" not in text
    assert "+ 1 created" in local.run("up", *QUIET)


def test_after_ctrl_c_one_line_says_so_and_the_next_up_goes_on(local: Engine, tmp_path: Path) -> None:
    output = tmp_path / "output"
    with interrupted(local, ("up", *QUIET), output) as interrupt:
        wait_until(lambda: "starting the servers" in output.read_text(encoding="utf-8"), "it starts servers", 120)
        interrupt()
    says_that_it_was_canceled(output)
    local.run("up", *QUIET)
    stack = status(local.project)
    assert stack
    assert stack.ready
    local.run("up", *QUIET, "--expect-no-changes")


def _slostack(local: Engine, command: str) -> None:
    python, program = str(local.project / ".venv" / "bin" / "python"), "from slostack.cli import main; main()"
    arguments = (python, "-c", program, "--root", str(local.project), command)
    subprocess.run(arguments, cwd=local.project, env=local.environment, check=True, timeout=300)


def _processes(engine: Engine) -> list[psutil.Process]:
    """The processes that were started from the project's folder."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(str(engine.project) in argument for argument in process.info["cmdline"] or []):
            found.append(process)
    return found
