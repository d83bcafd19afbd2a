"""Whether programs are ready: they answer, or at least listen."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable

import requests

from slostack.deploy.local.loopback import ask
from slostack.deploy.local.programs import Program
from slostack.deploy.local.state_folder import StateFolder
from slostack.deploy.local.supervisor import Supervisor
from slostack.errors import SlostackError
from slostack.servers import Report
from slostack.settings import LOOPBACK

_ANSWER_SECONDS = 2
_POLL_SECONDS = 0.2
_REPORT_SECONDS = 3
_SHOWN_LINES = 5


def is_ready(program: Program) -> bool:
    """Whether the program answers now."""
    try:
        if program.ready is None:
            with socket.create_connection((LOOPBACK, next(iter(program.ports.values()))), _ANSWER_SECONDS):
                return True
        return ask(program.ready, seconds=_ANSWER_SECONDS).status_code == 200
    except (OSError, requests.RequestException):
        return False


def wait_until_ready(
    programs: Iterable[Program], supervisor: Supervisor, folder: StateFolder, report: Report, seconds: float
) -> None:
    """Returns once all are ready; raises SlostackError with a program's last words where one ends or takes longer."""
    waiting = {program.name: program for program in programs}

    def all_ready() -> bool:
        processes = supervisor.processes()
        for name, program in list(waiting.items()):
            process = processes[name]
            if process.state not in ("STARTING", "RUNNING"):
                raise SlostackError(
                    f"{name} doesn't start ({process.ended or process.state}){_last_words(folder, name)}"
                )
            if process.state == "RUNNING" and is_ready(program):
                del waiting[name]
        return not waiting

    if not wait_for(all_ready, seconds, lambda: report(f"waiting for {', '.join(waiting)}")):
        name = next(iter(waiting))
        raise SlostackError(f"{', '.join(waiting)}: not ready after {seconds:.0f} s{_last_words(folder, name)}")


def wait_for(condition: Callable[[], bool], seconds: float, still_waiting: Callable[[], None]) -> bool:
    """Whether the condition came true in time; says every few seconds that it has not yet."""
    began = said = time.monotonic()
    while not condition():
        now = time.monotonic()
        if now - began > seconds:
            return False
        if now - said > _REPORT_SECONDS:
            still_waiting()
            said = now
        time.sleep(_POLL_SECONDS)
    return True


def _last_words(folder: StateFolder, name: str) -> str:
    log = folder.log(name)
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_SHOWN_LINES:]
    except OSError:
        lines = []
    return (
        "".join(f"\n  {line}" for line in lines)
        + f"\nsee {log}; `slostack up` tries again, `slostack down` stops the rest"
    )
