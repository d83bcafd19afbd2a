"""The stack's processes, stopped for a moment; whatever ends this one, they go on."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from slostack.deploy.local.processes import own_processes
from slostack.deploy.local.readiness import wait_for
from slostack.deploy.local.state_folder import StateFolder

_STOPPED_WITHIN = 5.0
_RESUME = 'read -r _; kill -s CONT "$@"'
"""Of a shell whose input ends with the process that holds its other end."""


@contextmanager
def frozen(folder: StateFolder) -> Iterator[None]:
    """Stops every process of the stack until the block ends, be it by SIGKILL."""
    processes = own_processes(folder)
    with _resumed_afterwards(processes):
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        wait_for(lambda: all(map(_is_stopped, processes)), _STOPPED_WITHIN, lambda: None)
        yield


@contextmanager
def ended_in_order() -> Iterator[None]:
    """SIGTERM and SIGHUP end the block as an exception does, so that what it began is put in order."""

    def end(number: int, _: object) -> None:
        sys.exit(128 + number)

    replaced = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) == signal.SIG_DFL]
    for each in replaced:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in replaced:
            signal.signal(each, signal.SIG_DFL)


@contextmanager
def _resumed_afterwards(processes: list[psutil.Process]) -> Iterator[None]:
    if not processes:
        yield
        return
    command = ["/bin/sh", "-c", _RESUME, "sh", *(str(process.pid) for process in processes)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True):
        yield


def _is_stopped(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)
    return True
