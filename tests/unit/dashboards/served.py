"""A real Prometheus that dashboards ask as Grafana does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from slostack.servers import obtain_binary
from tests.processes import free_port, running, wait_until

RATE_SECONDS = 300


@dataclass(frozen=True)
class Asked:
    """A Prometheus that answers."""

    url: str

    def instant(self, expr: str, time: float | None = None) -> list[dict[str, Any]]:
        """The result of an instant query, with All chosen of every variable."""
        return self._result("query", {"query": with_all(expr), **({"time": time} if time else {})})

    def ranged(self, expr: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """The result of a query over time, with All chosen of every variable."""
        return self._result("query_range", {"query": with_all(expr), "start": start, "end": end, "step": step})

    def _result(self, path: str, form: dict[str, Any]) -> list[dict[str, Any]]:
        answer = requests.post(f"{self.url}/api/v1/{path}", data=form, timeout=30)
        assert answer.ok, f"{form['query']}: {answer.text}"
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found


def with_all(expr: str) -> str:
    """A query as Grafana sends it while All is chosen of every variable."""
    return re.sub(r'"\$\w+"', '".*"', expr.replace("$__rate_interval", f"{RATE_SECONDS}s"))


@contextmanager
def prometheus(folder: Path, config: str = "{}") -> Iterator[Asked]:
    """A Prometheus with its data in a folder, once it is ready."""
    port = free_port()
    (folder / "prometheus.yml").write_text(config)
    command = [
        str(obtain_binary("prometheus", print)),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(command, folder / "prometheus.log"):
        asked = Asked(f"http://127.0.0.1:{port}")
        wait_until(lambda: _is_ready(asked.url), "Prometheus is ready")
        yield asked


def _is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/-/ready", timeout=5).ok
    except requests.ConnectionError:
        return False
