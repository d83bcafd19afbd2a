"""A port that the stack's own server takes while ports are looked at is no port that somebody else has."""

from __future__ import annotations

import socket

import psutil
import pytest

from slostack.deploy.local import ports
from slostack.deploy.local.ports import check_ports
from slostack.deploy.local.processes import listening_ports
from slostack.deploy.local.programs import Program
from slostack.errors import SlostackError


def program(port: int) -> Program:
    """A program that is to listen on a port."""
    return Program("grafana", None, ("grafana-server",), {"grafana": port}, f"http://127.0.0.1:{port}", None, "")


def test_a_server_of_its_own_may_begin_to_listen_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]

        def begins_to_listen(_: int) -> bool:
            server.listen()
            return False

        monkeypatch.setattr(ports, "_is_free", begins_to_listen)
        check_ports([program(port)], lambda: listening_ports([psutil.Process()]), "stacks/Pulumi.local.yaml")


def test_a_port_of_somebody_else_is_named() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(SlostackError, match=rf"port {port} for grafana is taken by .*ports\.grafana in"):
            check_ports([program(port)], set, "stacks/a.yaml")
