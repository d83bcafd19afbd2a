"""What stands in the way of `up` ends in a clear line, and in a state that the next `up` or `down` puts right."""

from __future__ import annotations

import errno
import os
import re
import socket

import pytest

from slostack.deploy.local import down, up
from slostack.errors import SlostackError
from slostack.servers import Report, Server, ServerUnavailable, obtain
from slostack.settings import load_settings
from tests.local.project import Project


def test_a_taken_port_is_named_before_anything_starts(project: Project) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", project.ports.loki_grpc))
        other.listen()
        text = project.run("up", exit_code=1)
    assert f"port {project.ports.loki_grpc} for loki is taken" in text
    assert f"(process {os.getpid()})" in text
    assert "slostack:local ports.lokiGrpc in stacks/Pulumi.local.yaml" in text
    assert project.processes() == []
    assert not project.folder.data("prometheus").exists()


def test_a_second_command_at_the_same_time_says_so(project: Project) -> None:
    with project.folder.one_at_a_time():
        for command in ("up", "down"):
            text = project.run(command, exit_code=1)
            assert text.count("\n") == 1
            assert "is at work" in text


def test_a_server_that_does_not_start_is_named_with_its_last_words(project: Project) -> None:
    in_the_way = project.folder.data("alertmanager")
    in_the_way.parent.mkdir(parents=True)
    in_the_way.touch()
    text = project.run("up", exit_code=1)
    assert re.search(r"^alertmanager doesn't start", text, re.MULTILINE)
    assert "not a directory" in text
    assert f"see {project.folder.log('alertmanager')}" in text
    in_the_way.unlink()
    project.run("up")


def test_a_full_disk_is_one_line(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    settings = load_settings(project.root, "local")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(SlostackError, match=r"No space left on device.*expected a writable folder with room"):
            up(project.root, settings, print)
    assert project.processes() == []
    up(project.root, settings, print)


def test_without_grafana_the_stack_runs_and_says_what_to_do(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def obtain_others(name: str, report: Report) -> Server:
        if name == "grafana":
            raise ServerUnavailable("grafana can't be had:\nInstall grafana on PATH.")
        return obtain(name, report)

    monkeypatch.setattr("slostack.deploy.local.stack.obtain", obtain_others)
    stack = up(project.root, load_settings(project.root, "local"), print)
    assert stack.ready
    assert [(absent.name, absent.state, absent.note) for absent in stack.absent] == [
        ("grafana", "not running", "Install grafana on PATH.")
    ]
    text = project.run("status")
    assert re.search(r"^grafana +not running", text, re.MULTILINE)
    assert "grafana: Install grafana on PATH." in text
    assert 'job="grafana"' not in str(project.query("up"))
    down(project.root, print)


def test_a_missing_secret_is_named_with_its_file(project: Project) -> None:
    project.set("receivers", {"slack": {"channel": "#alerts"}})
    text = project.run("up", exit_code=1)
    file = project.folder.secrets("alertmanager") / "slack-url"
    assert f"the settings call for the secret slackUrl: write it into {file}" in text
    assert project.processes() == []


def test_a_wrong_slo_file_leaves_the_running_stack_alone(small_stack: Project) -> None:
    before = small_stack.pids()
    file = small_stack.root / "slos" / "learnsnap.yaml"
    text = file.read_text()
    try:
        file.write_text(text.replace("objective: 95", "objective: 195", 1))
        assert "slos/learnsnap.yaml:" in small_stack.run("up", exit_code=2)
    finally:
        file.write_text(text)
    assert small_stack.pids() == before
