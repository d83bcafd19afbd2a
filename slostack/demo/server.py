"""The workload's HTTP side: each service's metrics below its name, and what probes of them find."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from prometheus_client.exposition import choose_encoder

from slostack.demo.workload import NoAnswer, Workload
from slostack.http_server import HttpServer


class WorkloadServer(HttpServer):
    """Serves a workload. Of a service that is down it closes every connection without a word."""

    def __init__(self, host: str, port: int, workload: Workload) -> None:
        self.workload = workload
        super().__init__(host, port, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: WorkloadServer
    timeout = 30

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        target = parse_qs(url.query).get("target", [""])[0]
        try:
            registry = self.server.workload.metrics(url.path, target)
        except NoAnswer:
            self.close_connection = True
            return
        if registry is None:
            self._answer(404, "text/plain; charset=utf-8", b"not found, expected /<service>/metrics\n")
            return
        encode, content_type = choose_encoder(self.headers.get("Accept", ""))
        self._answer(200, content_type, encode(registry))

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Scrapes are not worth a line."""
