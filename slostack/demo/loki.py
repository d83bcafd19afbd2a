"""Pushes log lines to Loki, and puts up with its absence."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from threading import Event, Lock
from typing import Any

import requests

from slostack.demo.logs import LogLine

PUSH_PATH = "/loki/api/v1/push"


class LokiPusher:
    """Keeps lines until Loki has them; while Loki is away the newest `capacity` ones."""

    def __init__(
        self, url: str, job: str, *, capacity: int = 10_000, batch: int = 1_000, report: Callable[[str], None] = print
    ) -> None:
        self._url, self._job, self._batch, self._report = url.rstrip("/"), job, batch, report
        self._lines: deque[LogLine] = deque(maxlen=capacity)
        self._lock = Lock()
        self._dropped = 0
        self._away = False

    def add(self, lines: Iterable[LogLine]) -> None:
        """Takes lines; never waits for Loki."""
        with self._lock:
            for line in lines:
                self._dropped += len(self._lines) == self._lines.maxlen
                self._lines.append(line)

    def run(self, stop: Event, pause: float = 2.0) -> None:
        """Pushes what there is, every `pause` seconds until told to stop, and once more then."""
        while not stop.wait(pause):
            while self.push() and not stop.is_set():
                pass
        self.push()

    def push(self) -> bool:
        """Pushes one batch; whether there may be more to push now."""
        with self._lock:
            batch = [self._lines.popleft() for _ in range(min(self._batch, len(self._lines)))]
        if not batch:
            return False
        try:
            answer = requests.post(self._url + PUSH_PATH, json=_streams(self._job, batch), timeout=5)
        except requests.RequestException as error:
            return self._keep(batch, type(error).__name__)
        if answer.status_code == 429 or answer.status_code >= 500:
            return self._keep(batch, f"HTTP {answer.status_code}")
        if not answer.ok:
            self._report(f"Loki refused {len(batch)} lines: HTTP {answer.status_code} {answer.text.strip()[:200]}")
        elif self._away:
            self._report(f"Loki at {self._url} takes the log again; {self._dropped} lines were dropped meanwhile")
            self._away, self._dropped = False, 0
        return True

    def _keep(self, batch: list[LogLine], reason: str) -> bool:
        with self._lock:
            room = (self._lines.maxlen or 0) - len(self._lines)
            kept = batch[-room:] if room else []
            self._lines.extendleft(reversed(kept))
            self._dropped += len(batch) - len(kept)
        if not self._away:
            self._report(f"Loki at {self._url} doesn't take the log ({reason}); the newest lines are kept")
            self._away = True
        return False


def _streams(job: str, lines: list[LogLine]) -> dict[str, Any]:
    values: dict[str, list[list[str]]] = {}
    for line in lines:
        values.setdefault(line.level, []).append([str(round(line.time * 1e9)), line.text])
    return {"streams": [{"stream": {"job": job, "level": level}, "values": v} for level, v in values.items()]}
