"""An `up` that is interrupted says one clear line; the next `up` or `down` puts right what it or a killed one left."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from tests.local.project import UP_SECONDS, Project

SERVERS = ("prometheus", "alertmanager", "loki")
MOMENTS = ("wrote the changed files", "making up", "starting the servers")
"""The beginnings of what `up` says before it does something."""
SAID = "interrupted: `slostack up` goes on from here, `slostack down` stops what was started"


@pytest.mark.parametrize("moment", MOMENTS)
def test_after_a_killed_up_the_next_one_goes_on(moment: str, project: Project) -> None:
    _end(project, moment, signal.SIGKILL)
    _goes_on(project)


@pytest.mark.parametrize("moment", MOMENTS)
def test_after_ctrl_c_one_line_says_what_to_do_and_the_next_up_goes_on(moment: str, project: Project) -> None:
    _interrupted(_end(project, moment, signal.SIGINT))
    assert not list(project.folder.run.glob("history-*"))
    _goes_on(project)


def test_after_ctrl_c_in_an_up_of_a_running_stack_the_next_one_goes_on(project: Project) -> None:
    project.run("up")
    project.set("loki", {"retention": "9d"})
    _interrupted(_end(project, "wrote the changed files", signal.SIGINT))
    _goes_on(project)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_after_it_down_stops_everything(number: signal.Signals, project: Project) -> None:
    _end(project, "starting the servers", number)
    project.run("down")
    assert project.processes() == []


def _goes_on(project: Project) -> None:
    """Fails the test where the next `up` doesn't end with one of each server, ready."""
    project.run("up")
    assert project.is_ready()
    names = [process.name() for process in project.processes()]
    assert [names.count(server) for server in SERVERS] == [1, 1, 1]


def _end(project: Project, moment: str, number: signal.Signals) -> subprocess.CompletedProcess[str]:
    """Sends a signal to an `up`, as a terminal to all that it started too, once it has said a line that begins so."""
    if moment == "making up":
        project.set_local(demo=["learnsnap"])
    process = project.start("up", own_group=True)
    assert process.stdout
    output = ""
    for line in process.stdout:
        output += line
        if line.startswith(moment):
            break
    assert moment in output, output
    os.killpg(process.pid, number)
    rest, _ = process.communicate(timeout=UP_SECONDS)
    return subprocess.CompletedProcess(process.args, process.returncode, output + rest)


def _interrupted(ended: subprocess.CompletedProcess[str]) -> None:
    """Fails the test where what was interrupted has said anything but where it goes on."""
    assert ended.returncode == 130, ended.stdout
    *before, last = ended.stdout.splitlines()
    assert last == SAID
    assert not [line for line in before if "interrupted" in line.lower() or line.startswith(("Traceback", '  File "'))]
