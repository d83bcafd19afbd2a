"""The supervisor that keeps the programs running: starting it, and talking to it over its socket."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy, Transport

from slostack.deploy.local.state_folder import StateFolder
from slostack.deploy.local.supervisor_config import STOP_SECONDS, environment
from slostack.errors import SlostackError

_START_SECONDS = 20
_ANSWER_SECONDS = 5
_POLL_SECONDS = 0.1


class SupervisorUnreachable(Exception):  # noqa: N818
    """Nothing answers on the supervisor's socket."""


@dataclass(frozen=True)
class Process:
    """A program as the supervisor sees it: RUNNING, STARTING, BACKOFF, …; its pid where it has one; why it ended."""

    name: str
    state: str
    pid: int | None
    ended: str


class Supervisor:
    """A running supervisor. Every method raises SupervisorUnreachable once it no longer answers."""

    def __init__(self, socket_path: Path) -> None:
        self._socket_path = socket_path

    def processes(self) -> dict[str, Process]:
        """Its programs by name."""
        return {
            info["name"]: Process(
                name=info["name"], state=info["statename"], pid=info["pid"] or None, ended=info["spawnerr"]
            )
            for info in self._call("supervisor.getAllProcessInfo")
        }

    def apply_config(self) -> None:
        """Stops what is gone from its config or changed in it, then starts what is new, changed or not running."""
        [[added, changed, removed]] = self._call("supervisor.reloadConfig")
        for group in (*removed, *changed):
            self._call("supervisor.stopProcessGroup", group, True)
            self._call("supervisor.removeProcessGroup", group)
        for group in (*added, *changed):
            self._call("supervisor.addProcessGroup", group)
        for process in self.processes().values():
            if process.state == "BACKOFF":
                self._call("supervisor.stopProcess", process.name, True)
            if process.state in ("BACKOFF", "STOPPED", "EXITED", "FATAL"):
                self._call("supervisor.startProcess", process.name, False)

    def signal(self, name: str, signal: str) -> None:
        """Sends a program a signal, such as HUP."""
        self._call("supervisor.signalProcess", name, signal)

    def shut_down(self) -> None:
        """Begins to stop all programs and then the supervisor itself."""
        self._call("supervisor.shutdown")

    def _call(self, method: str, *arguments: object) -> Any:
        try:
            with ServerProxy("http://supervisor", transport=_SocketTransport(self._socket_path)) as server:
                return getattr(server, method)(*arguments)
        except Fault as fault:
            raise SlostackError(f"the supervisor refused {method} ({fault.faultString})") from None
        except (OSError, http.client.HTTPException) as error:
            raise SupervisorUnreachable(str(error)) from None


def connect(folder: StateFolder) -> Supervisor | None:
    """The supervisor that runs for this state folder, if one does."""
    supervisor = Supervisor(folder.socket)
    try:
        supervisor.processes()
    except SupervisorUnreachable:
        return None
    return supervisor


def start(folder: StateFolder) -> Supervisor:
    """Starts the supervisor, and it the programs of its config; it outlives the caller and holds none of its files.

    Raises SlostackError where it doesn't start.
    """
    output = folder.log("supervisord-start")
    command = (sys.executable, "-m", "supervisor.supervisord", "-c", str(folder.supervisor_config))
    with output.open("w", encoding="utf-8") as file:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment(folder),
            cwd=folder.path,
            start_new_session=True,
            timeout=_START_SECONDS,
            check=False,
        )
    deadline = time.monotonic() + _START_SECONDS
    while ended.returncode == 0 and time.monotonic() < deadline:
        if supervisor := connect(folder):
            return supervisor
        time.sleep(_POLL_SECONDS)
    raise SlostackError(f"the supervisor doesn't start: {_last_line(output)} (see {folder.log('supervisord')})")


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1] if lines else "it said nothing"


class _SocketTransport(Transport):
    """XML-RPC over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: tuple[str, Mapping[str, str]] | str) -> http.client.HTTPConnection:
        return _SocketConnection(self._path)


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("supervisor", timeout=STOP_SECONDS + _ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
