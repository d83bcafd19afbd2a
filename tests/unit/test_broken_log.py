"""When a Prometheus whose log is broken says so."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler

import pytest

from slostack.broken_log import is_broken
from slostack.http_server import HttpServer, serving
from tests.processes import free_port

FAILED = "# TYPE prometheus_tsdb_wal_writes_failed_total counter\nprometheus_tsdb_wal_writes_failed_total {}\n"


@pytest.mark.parametrize(
    ("metrics", "broken"),
    [(FAILED.format(0), False), (FAILED.format(2), True), (FAILED.format("1e+06"), True), ("", False)],
)
def test_it_is_broken_once_a_write_has_failed(metrics: str, broken: bool) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(metrics.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = HttpServer("127.0.0.1", 0, Handler)
    with serving(server):
        assert is_broken(f"http://127.0.0.1:{server.server_port}") is broken


def test_one_that_does_not_answer_is_not_known_to_be() -> None:
    assert not is_broken(f"http://127.0.0.1:{free_port()}")
