"""A `pulumi` command that is interrupted as a terminal does it: with every process that it has started."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.processes import wait_until
from tests.pulumi.engine import Engine

ENDED_SECONDS = 120


@contextmanager
def interrupted(engine: Engine, arguments: tuple[str, ...], output: Path) -> Iterator[Callable[[], None]]:
    """Runs a command whose output goes to a file, and gives what interrupts it. Fails the test where it succeeds, or
    where a process of Pulumi's is left after the block."""
    command = ("pulumi", *arguments, "--non-interactive")
    with (
        output.open("wb") as file,
        subprocess.Popen(
            command, cwd=engine.project, env=engine.environment, stdout=file, stderr=file, process_group=0
        ) as process,
    ):
        try:
            yield lambda: os.killpg(process.pid, signal.SIGINT)
            assert process.wait(ENDED_SECONDS) != 0
            wait_until(lambda: not _left(engine), "its plugins end")
        finally:
            end_processes(engine)


def end_processes(engine: Engine) -> None:
    """Kills what a killed engine leaves: plugins."""
    for process in _left(engine):
        process.kill()


def says_that_it_was_canceled(output: Path) -> None:
    """Fails the test where a command's output doesn't say so, or has a call stack."""
    text = output.read_text(encoding="utf-8")
    assert "^C received; cancelling" in text
    assert re.search("error: update (canceled|failed)", text), text
    assert "Traceback" not in text, text


def _left(engine: Engine) -> list[psutil.Process]:
    """The processes of Pulumi's that work for an engine; plugins are in process groups of their own."""
    return [each for each in psutil.process_iter(["cmdline"]) if _is_of(each, engine)]


def _is_of(process: psutil.Process, engine: Engine) -> bool:
    try:
        home = process.environ().get("PULUMI_HOME")
    except psutil.Error:
        return False
    is_pulumi = any("pulumi" in argument for argument in process.info["cmdline"] or ())
    return is_pulumi and home == engine.environment["PULUMI_HOME"]
