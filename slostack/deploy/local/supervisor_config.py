"""The supervisor's config: which programs it keeps running, and where their output goes."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import slostack
from slostack import broken_log
from slostack.deploy.local.programs import Program
from slostack.deploy.local.state_folder import StateFolder

STATE_VARIABLE = "SLOSTACK_STATE_FOLDER"
"""Marks every process of a stack in its environment, so that none is ever lost sight of."""
FINGERPRINT_VARIABLE = "SLOSTACK_FINGERPRINT"
START_SECONDS = 1
"""A program that ends sooner than this did not start."""
STOP_SECONDS = 30
"""How long a program may take to end after SIGTERM."""

_KEPT_VARIABLES = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ")
"""Of the caller's environment, which may hold secrets, the programs get these and no others."""


def environment(folder: StateFolder) -> dict[str, str]:
    """The environment of the supervisor and of all that it starts."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    package = Path(slostack.__file__).resolve().parents[1]
    return {**kept, "PYTHONPATH": str(package), STATE_VARIABLE: str(folder.path)}


def supervisor_config(folder: StateFolder, programs: Iterable[Program]) -> str:
    """supervisord.conf; a program's section changes exactly when the program has to be restarted."""
    sections = [
        _section("unix_http_server", {"file": folder.socket, "chmod": "0700"}),
        _section("rpcinterface:supervisor", {"supervisor.rpcinterface_factory": _FACTORY}),
        _section(
            "supervisord",
            {
                "pidfile": folder.run / "supervisord.pid",
                "logfile": folder.log("supervisord"),
                "logfile_maxbytes": "1MB",
                "logfile_backups": 1,
                "childlogdir": folder.path / "logs",
                "directory": folder.path,
            },
        ),
    ]
    for program in programs:
        sections.append(_program(folder, program))
        if program.name == "prometheus":
            sections.append(_watch_of_its_log(folder, program))
    return "\n".join(sections)


_FACTORY = "supervisor.rpcinterface:make_main_rpcinterface"


def _program(folder: StateFolder, program: Program) -> str:
    return _section(
        f"program:{program.name}",
        {
            "command": shlex.join(program.command),
            "environment": f'{FINGERPRINT_VARIABLE}="{program.fingerprint}"',
            "directory": folder.path,
            "autostart": "true",
            "autorestart": "true",
            "startsecs": START_SECONDS,
            "startretries": 1_000_000,
            "stopwaitsecs": STOP_SECONDS,
            "stopasgroup": "true",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": folder.log(program.name),
            "stdout_logfile_maxbytes": "5MB",
            "stdout_logfile_backups": 2,
        },
    )


def _watch_of_its_log(folder: StateFolder, prometheus: Program) -> str:
    watch = (sys.executable, "-m", broken_log.__name__, prometheus.name, prometheus.url)
    return _section(
        f"eventlistener:{prometheus.name}-log",
        {
            "command": shlex.join((*watch, str(folder.data(prometheus.name)))),
            "events": broken_log.EVENTS,
            "environment": f'{FINGERPRINT_VARIABLE}="{prometheus.version}"',
            "autorestart": "true",
            "startretries": 1_000_000,
            "stderr_logfile": folder.log(f"{prometheus.name}-log"),
            "stderr_logfile_maxbytes": "1MB",
        },
    )


def _section(name: str, options: Mapping[str, object]) -> str:
    lines = (f"{key}={str(value).replace('%', '%%')}" for key, value in options.items())
    return "\n".join([f"[{name}]", *lines, ""])
