"""Whether the stack's ports can be had."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable

import psutil

from slostack.deploy.local.programs import Program
from slostack.errors import SlostackError
from slostack.settings import LOOPBACK


def check_ports(programs: Iterable[Program], held_by_us: Callable[[], set[int]], stack_file: str) -> None:
    """Raises SlostackError that names every port that something other than this stack has taken.

    What the stack holds is asked for last: a server of its own may begin to listen meanwhile.
    """
    taken = [
        (program.name, key, port) for program in programs for key, port in program.ports.items() if not _is_free(port)
    ]
    held = held_by_us() if taken else set()
    lines = [
        f"port {port} for {name} is taken{_by_whom(port)}: stop that, or set another port as "
        f"slostack:local ports.{key} in {stack_file}"
        for name, key, port in taken
        if port not in held
    ]
    if lines:
        raise SlostackError("\n".join(lines))


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _by_whom(port: int) -> str:
    """The name of the process that listens there, where the system tells it."""
    try:
        connections = psutil.net_connections(kind="tcp")
        pid = next(
            (c.pid for c in connections if c.laddr and c.laddr.port == port and c.status == psutil.CONN_LISTEN), None
        )
        return f" by {psutil.Process(pid).name()} (process {pid})" if pid else ""
    except psutil.Error:
        return ""
