"""`slostack completion`: a script for each shell, and the completions that it asks for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from slostack.cli import COMMANDS
from slostack.cli.completion import PROGRAM, SHELLS, VARIABLE
from tests.unit.cli.test_slo_file_errors import run

SLOSTACK = Path(sys.executable).with_name("slostack")


@pytest.mark.parametrize("shell", SHELLS)
def test_there_is_a_script_for_each_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], shell: str
) -> None:
    assert run(monkeypatch, tmp_path, "completion", shell) == 0
    script = capfd.readouterr().out
    assert f"{VARIABLE}={shell}_complete" in script
    assert f" {PROGRAM}" in script


def completions(folder: Path, *words: str) -> list[str]:
    """What the shell would offer in place of the last word."""
    asked = {VARIABLE: "bash_complete", "COMP_WORDS": " ".join([PROGRAM, *words]), "COMP_CWORD": str(len(words))}
    answer = subprocess.run([SLOSTACK], env=asked, cwd=folder, capture_output=True, text=True, check=True)
    return [line.partition(",")[2] for line in answer.stdout.splitlines()]


def test_commands_and_options_are_completed_outside_of_any_project(tmp_path: Path) -> None:
    assert completions(tmp_path, "") == [*COMMANDS]
    assert completions(tmp_path, "ren") == ["render"]
    assert completions(tmp_path, "render", "--ch") == ["--check"]
