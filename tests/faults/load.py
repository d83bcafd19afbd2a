"""What the servers are loaded with, and what they acknowledged of it: scrapes answered, lines taken."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import requests

from slostack.http_server import HttpServer, serving

TICK = "load_tick"
"""Its value is the number of the scrape."""
_TOGETHER = 20
_EVERY_SECONDS = 0.1


@dataclass
class Exporter:
    """A target with many series; `answered` are the Unix times of its scrapes, the first of them number 0."""

    address: str
    answered: list[float] = field(default_factory=list)


@contextmanager
def exporter(series: int) -> Iterator[Exporter]:
    """A target whose every scrape has so many series that have grown."""
    names = [f'load_requests_total{{code="{200 + 300 * (n % 2)}",path="/{n}"}} ' for n in range(series)]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = len(found.answered)
            text = f"{TICK} {number}\n" + "".join([f"{name}{number}\n" for name in names])
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text.encode())
            found.answered.append(time.time())

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = HttpServer("127.0.0.1", 0, Handler)
    found = Exporter(f"127.0.0.1:{server.server_port}")
    with serving(server):
        yield found


@dataclass
class Writer:
    """What Loki took of a stream of numbered lines; `refused` counts attempts that it did not take."""

    taken: list[str] = field(default_factory=list)
    refused: int = 0


@contextmanager
def writer(loki: str) -> Iterator[Writer]:
    """Pushes batches of lines to Loki's URL, each until it is taken, while the block runs."""
    found, stop = Writer(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            lines = [f"line {number + n} {'x' * 500}" for n in range(_TOGETHER)]
            while not stop.is_set() and not _push(loki, lines):
                found.refused += 1
                stop.wait(_EVERY_SECONDS)
            if not stop.is_set():
                found.taken += lines
            number += _TOGETHER
            stop.wait(_EVERY_SECONDS)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


def _push(loki: str, lines: Sequence[str]) -> bool:
    now = time.time_ns()
    values = [[str(now + n), line] for n, line in enumerate(lines)]
    document: dict[str, Any] = {"streams": [{"stream": {"job": "load"}, "values": values}]}
    try:
        return requests.post(f"{loki}/loki/api/v1/push", json=document, timeout=5).status_code == 204
    except requests.RequestException:
        return False


def stored_lines(loki: str, since: float) -> set[str]:
    """The lines that Loki has since a Unix time."""
    found: set[str] = set()
    start = int(since * 1e9)
    while True:
        asked = {"query": '{job="load"}', "direction": "forward", "limit": "5000", "start": str(start)}
        answer = requests.get(f"{loki}/loki/api/v1/query_range", params=asked, timeout=60)
        answer.raise_for_status()
        values = [value for stream in answer.json()["data"]["result"] for value in stream["values"]]
        new = {line for _, line in values} - found
        if not new:
            return found
        found |= new
        start = max(int(at) for at, _ in values)


def stored_ticks(prometheus: str, seconds: float) -> set[int]:
    """The numbers of the scrapes that Prometheus has of the last so many seconds."""
    asked = {"query": f"{TICK}[{int(seconds) + 1}s]"}
    answer = requests.get(f"{prometheus}/api/v1/query", params=asked, timeout=60)
    answer.raise_for_status()
    return {int(value) for series in answer.json()["data"]["result"] for _, value in series["values"]}
