"""`slostack watch`: a save is rendered, a mistake is said, and both go on until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from slostack.cli import watch
from tests.unit.spec.files import RIGHT, edited, project

DEADLINE = 120.0
"""After so many seconds a command that says nothing more is ended, and the test fails."""
SLOSTACK = Path(sys.executable).with_name("slostack")


@contextmanager
def watching(root: Path) -> Iterator[subprocess.Popen[str]]:
    """The command at work in a project."""
    (root / "Pulumi.yaml").write_text("name: slostack\n", encoding="utf-8")
    process = subprocess.Popen(
        [SLOSTACK, "watch"],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    rescue = threading.Timer(DEADLINE, process.kill)
    rescue.start()
    try:
        yield process
    finally:
        rescue.cancel()
        process.kill()
        process.wait()


def until(process: subprocess.Popen[str], said: str) -> list[str]:
    """The lines up to the first that has a text in it."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if said in line:
            return lines
    pytest.fail(f"ended without {said!r}: {''.join(lines)}")


def test_saves_are_rendered_and_mistakes_said_until_it_is_interrupted(tmp_path: Path) -> None:
    project(tmp_path)
    rules = tmp_path / "alert_rules/api.yaml"
    with watching(tmp_path) as process:
        until(process, "watching slos/, ")
        before = rules.read_text(encoding="utf-8")
        project(tmp_path, edited("objective: 99.9", "objective: 100"))
        until(process, "slos/api.yaml:10:16: slos[0].objective: 100, which leaves no error budget")
        assert rules.read_text(encoding="utf-8") == before
        project(tmp_path, edited("objective: 99.9", "objective: 99"))
        until(process, "wrote alert_rules/api.yaml")
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        until(process, "no longer watching")
        assert process.wait() == 0
    assert rules.read_text(encoding="utf-8") != before


def test_a_save_of_the_teams_is_seen_and_its_mistakes_said(tmp_path: Path) -> None:
    project(tmp_path)
    teams = tmp_path / "teams.yaml"
    with watching(tmp_path) as process:
        until(process, ", teams.yaml; Ctrl-C")
        teams.write_text("teams: {platform: {email: [a@b.example], slak: '#core'}}\n", encoding="utf-8")
        until(process, " teams.yaml\n")
        until(process, "teams.yaml:1:42: teams.platform.slak: unknown key")
        teams.write_text("teams: {platform: {email: [a@b.example]}}\n", encoding="utf-8")
        until(process, "slos/api.yaml:3:7: team: 'core' is not in teams.yaml, expected one of platform")
        teams.unlink()
        until(process, " teams.yaml\n")
        until(process, "fresh already")


@pytest.mark.parametrize("runs", [True, False])
def test_the_stack_gets_it_where_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: bool) -> None:
    project(tmp_path, RIGHT)
    asked: list[tuple[Path, str]] = []
    monkeypatch.setattr(watch, "running_stack", lambda _: SimpleNamespace(environment="local") if runs else None)
    monkeypatch.setattr(watch, "load_settings", lambda _, environment: f"settings of {environment}")
    monkeypatch.setattr(watch, "up", lambda root, settings, _: asked.append((root, settings)))
    watch.once(tmp_path, print)
    assert asked == ([(tmp_path, "settings of local")] if runs else [])
    assert (tmp_path / "alert_rules/api.yaml").is_file()
    asked.clear()
    for wrong in ("teams: {}", "teams: ["):
        (tmp_path / "teams.yaml").write_text(wrong, encoding="utf-8")
        watch.once(tmp_path, print)
    (tmp_path / "teams.yaml").unlink()
    project(tmp_path, "service: no")
    watch.once(tmp_path, print)
    assert asked == []
