"""A probe of an SLO file, asked by a real blackbox exporter for a real Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from tests.cluster.control_plane import Cluster
from tests.cluster.manifests import manifests
from tests.cluster.pod_process import Machine
from tests.components.program import canaries, run_program, stack_config
from tests.processes import wait_until

HOST, PORT = "learnsnap.dev.acme.example", 8080
PROBED_SECONDS = 90
"""The probe is asked every minute."""


@pytest.fixture
def site(machine: Machine) -> Iterator[list[str]]:
    """What is probed: the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(HTTPStatus.OK if self.path == "/health" else HTTPStatus.NOT_FOUND)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", machine.port(HOST, PORT)), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield asked
        finally:
            server.shutdown()


@pytest.fixture
def machine(cluster: Cluster, tmp_path: Path) -> Machine:
    """This machine, with a stack that probes by HTTP."""
    watched = {"learnsnap": {"targets": ["learnsnap.acme.example:80"], "probe": f"http://{HOST}:{PORT}"}}
    objects = manifests(run_program("dev", stack_config("dev") | {"services": watched}, canaries("dev")))
    return Machine(objects, tmp_path, cluster.kubeconfig)


def test_a_probe_is_asked_and_its_outcome_is_a_series(machine: Machine, site: list[str]) -> None:
    prometheus, blackbox = machine.pod("prometheus"), machine.pod("blackbox")
    with blackbox.start(), prometheus.start():
        wait_until(lambda: blackbox.answers() and prometheus.answers(), "Prometheus and the exporter", PROBED_SECONDS)
        wait_until(lambda: bool(probed(prometheus.url)), "the probe", PROBED_SECONDS)
        (series,) = probed(prometheus.url)
        assert series["value"][1] == "1"
        assert series["metric"]["job"] == "learnsnap/health"
        assert series["metric"]["instance"].endswith("/health")
    assert set(site) == {"/health"}


def probed(url: str) -> list[dict[str, Any]]:
    """The series of the probe's outcome."""
    answer = requests.get(f"{url}/api/v1/query", params={"query": "probe_success"}, timeout=10)
    return list(answer.json()["data"]["result"])
