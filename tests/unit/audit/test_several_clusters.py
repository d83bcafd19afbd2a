"""Of a server with the series of several clusters, one that is chosen is audited alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from slostack.audit.seen import Rule, seen
from slostack.backtest.prometheus import Prometheus
from slostack.http_server import HttpServer, serving
from slostack.spec import Selector
from tests.unit.audit.example import made
from tests.unit.cli.test_slo_file_errors import run
from tests.unit.spec.files import project

RULES = [
    {"name": "Down", "health": health, "labels": {"service": "api", "cluster": cluster}, "annotations": {}}
    for cluster, health in (("eu-1", "ok"), ("us-1", "err"))
]


@contextmanager
def server(asked: list[str]) -> Iterator[str]:
    """The URL of a server that has a rule in each of two clusters, and no series."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(unquote_plus(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self._say({"result": []})

        def do_GET(self) -> None:
            self._say({"groups": [{"rules": RULES}], "activeAlertmanagers": []})

        def _say(self, data: object) -> None:
            answer = json.dumps({"status": "success", "data": data}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    http = HttpServer("127.0.0.1", 0, Answer)
    with serving(http):
        yield f"http://127.0.0.1:{http.server_port}"


def test_its_rules_and_series_alone_are_looked_at(tmp_path: Path) -> None:
    of, asked = made(tmp_path), list[str]()
    with server(asked) as url:
        all_of_them = seen(Prometheus(url), of, [Selector("up")])
        asked.clear()
        one = seen(Prometheus(url, only={"cluster": "eu-1"}), of, [Selector("up")])
    assert all_of_them.rules == {"Down": Rule(healthy=False, has_runbook=False)}
    assert one.rules == {"Down": Rule(healthy=True, has_runbook=False)}
    assert asked
    assert all('cluster="eu-1"' in each for each in asked)


def test_the_command_asks_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path)
    asked: list[str] = []
    with server(asked) as url:
        only = ("--prometheus", url, "--only", "cluster=eu-1")
        assert run(monkeypatch, tmp_path, "audit", "api", "--format", "json", *only) == 0
    assert asked
    assert all('cluster="eu-1"' in each for each in asked)
