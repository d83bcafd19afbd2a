"""The workload's HTTP side: /metrics and /health."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler

from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import CollectorRegistry

from slostack.demo.simulation import VERSION
from slostack.http_server import HttpServer


class WorkloadServer(HttpServer):
    """Serves a registry. While `answers` is false it closes every connection without a word."""

    def __init__(self, host: str, port: int, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.answers = True
        super().__init__(host, port, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: WorkloadServer
    timeout = 30

    def handle_one_request(self) -> None:
        if self.server.answers:
            super().handle_one_request()
        else:
            self.close_connection = True

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            encode, content_type = choose_encoder(self.headers.get("Accept", ""))
            self._answer(200, content_type, encode(self.server.registry))
        elif path == "/health":
            body = json.dumps({"status": "ok", "version": VERSION}).encode()
            self._answer(200, "application/json", body)
        else:
            self._answer(404, "text/plain; charset=utf-8", b"not found, expected /metrics or /health\n")

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Scrapes are not worth a line."""
