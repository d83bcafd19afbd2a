"""The processes of one stack, found by the mark in their environment, whoever their parent is by now."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

from slostack.deploy.local.state_folder import StateFolder
from slostack.deploy.local.supervisor_config import STATE_VARIABLE, STOP_SECONDS
from slostack.errors import SlostackError
from slostack.servers import Report

_KILL_SECONDS = 10
_POLL_SECONDS = 0.1


def own_processes(folder: StateFolder) -> list[psutil.Process]:
    """Every process of the stack that lives in this state folder, its supervisor included."""
    return [process for process in psutil.process_iter() if _mark(process) == str(folder.path)]


def stop_processes(folder: StateFolder, report: Report) -> None:
    """Ends every process of the stack, by SIGTERM and, where that doesn't help, by SIGKILL; it keeps their data."""
    processes = own_processes(folder)
    if not processes:
        return
    report(f"stopping {len(processes)} processes that were left running")
    for process in processes:
        _signal(process, kill=False)
    alive = _wait(processes, STOP_SECONDS)
    for process in alive:
        _signal(process, kill=True)
    alive = _wait(alive, _KILL_SECONDS)
    if alive:
        pids = ", ".join(str(process.pid) for process in alive)
        raise SlostackError(f"processes {pids} of the stack can't be ended; end them by hand, then try again")


def resume_processes(folder: StateFolder) -> None:
    """Lets go on what a snapshot that was killed left stopped."""
    for process in own_processes(folder):
        with suppress(psutil.NoSuchProcess):
            process.resume()


def listening_ports(processes: list[psutil.Process]) -> set[int]:
    """The TCP ports on which these processes listen."""
    ports: set[int] = set()
    for process in processes:
        try:
            connections = process.net_connections(kind="tcp")
        except psutil.Error:
            continue
        ports |= {connection.laddr.port for connection in connections if connection.status == psutil.CONN_LISTEN}
    return ports


def _wait(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that still run when all have ended or the time is up."""
    deadline = time.monotonic() + seconds
    while (alive := [process for process in processes if _runs(process)]) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return alive


def _runs(process: psutil.Process) -> bool:
    """Whether it has not ended; one that nobody has collected (a zombie) has."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(STATE_VARIABLE)
    except (psutil.Error, OSError):
        return None


def _signal(process: psutil.Process, *, kill: bool) -> None:
    try:
        if kill:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        return
