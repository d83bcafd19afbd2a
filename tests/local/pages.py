"""Grafana's pages in a headless browser, by way of a proxy that logs in."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import requests

_PER_CONNECTION = {"connection", "content-encoding", "content-length", "host", "origin", "referer", "transfer-encoding"}
PAGE_SECONDS = 300


@contextmanager
def logged_in(grafana: str, password: str) -> Iterator[str]:
    """The URL of a Grafana that asks nobody for a password."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            passed = {name: value for name, value in self.headers.items() if name.lower() not in _PER_CONNECTION}
            answer = requests.request(
                self.command, grafana + self.path, data=body, headers=passed, auth=("admin", password), timeout=60
            )
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in _PER_CONNECTION:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def page(browser: str, url: str, picture: Path, height: int) -> str:
    """The HTML of a page once it has loaded, and a picture of it, 1600 wide."""
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size=1600,{height}")
    profile = f"--user-data-dir={picture.parent / 'profile'}"
    waits = "--virtual-time-budget=30000"
    shown = subprocess.run(
        [browser, *options, profile, waits, f"--screenshot={picture}", "--dump-dom", url],
        capture_output=True,
        text=True,
        timeout=PAGE_SECONDS,
        check=True,
    )
    return shown.stdout
