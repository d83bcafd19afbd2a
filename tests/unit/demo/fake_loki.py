"""A Loki that answers as it is told and remembers what it was sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class FakeLoki(ThreadingHTTPServer):
    """Answers `status`; `pushed` has every message that it answered 204."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.status = 204
        self.pushed: list[dict[str, Any]] = []
        self.meanwhile: Callable[[], None] = lambda: None
        """Called before each answer."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def lines(self) -> list[str]:
        return [text for message in self.pushed for stream in message["streams"] for _, text in stream["values"]]


class _Handler(BaseHTTPRequestHandler):
    server: FakeLoki

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/loki/api/v1/push"
        assert self.headers["Content-Type"] == "application/json"
        if self.server.status == 204:
            self.server.pushed.append(message)
        self.server.meanwhile()
        self.send_response(self.server.status)
        self.end_headers()
        if self.server.status != 204:
            self.wfile.write(b"entry too far behind")

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def fake_loki(port: int = 0) -> Iterator[FakeLoki]:
    """A Loki that listens while the block runs."""
    with FakeLoki(port) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
