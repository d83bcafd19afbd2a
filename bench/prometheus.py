"""A real Prometheus over made-up history, and what a query costs it by its own statistics."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from slostack import promtool
from slostack.errors import SlostackError
from slostack.servers import obtain_binary

START_DEADLINE = 900.0
"""Seconds; it reads the rules of ten thousand SLOs before it answers."""
BLOCK_HOURS = 1_458
"""The longest block that promtool makes of samples: it reads them all once per block."""


@dataclass(frozen=True)
class Cost:
    """What one evaluation of a query takes: samples read, and seconds."""

    samples: float
    seconds: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.samples + other.samples, self.seconds + other.seconds)

    def __mul__(self, factor: float) -> Cost:
        return Cost(self.samples * factor, self.seconds * factor)


@contextlib.contextmanager
def prometheus_with(
    lines: Iterable[str],
    folder: Path,
    config: str = "",
    processors: int | None = None,
    blocks: Path | None = None,
    flags: Sequence[str] = (),
) -> Iterator[str]:
    """The URL of a Prometheus that holds the samples of OpenMetrics lines; stopped at the end.

    `config` is YAML beside its storage settings; `processors` is how many it may use (all); `blocks` is a folder of
    blocks that it holds too; `flags` are further ones.
    """
    history = folder / "history.om"
    with history.open("w", encoding="utf-8") as file:
        file.writelines(lines)
    data = folder / "data"
    promtool.create_blocks_from_openmetrics(history, data, max_block_duration=f"{BLOCK_HOURS}h")
    history.unlink()
    if blocks:
        shutil.copytree(blocks, data, dirs_exist_ok=True)
    config_file = folder / "prometheus.yml"
    config_file.write_text(f"storage: {{tsdb: {{retention: {{time: 10y}}}}}}\n{config}", encoding="utf-8")
    port = _free_port()
    with (folder / "prometheus.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(
            [
                obtain_binary("prometheus", print),
                f"--config.file={config_file}",
                f"--storage.tsdb.path={data}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--web.enable-lifecycle",
                *flags,
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "GOMAXPROCS": f"{processors}"} if processors else None,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, server, folder / "prometheus.log")
            yield url
        finally:
            server.terminate()
            server.wait()


def cost(url: str, expr: str, at: float, runs: int = 3) -> Cost:
    """The cost of an instant query: samples by Prometheus' query statistics, the fastest of some runs in seconds."""
    samples, fastest = 0, float("inf")
    for _ in range(runs):
        answer = requests.post(
            f"{url}/api/v1/query", data={"query": expr, "time": str(at), "stats": "all"}, timeout=120
        ).json()
        if answer["status"] != "success":
            raise SlostackError(f"{expr}: {answer['error']}")
        stats = answer["data"]["stats"]
        samples = stats["samples"]["totalQueryableSamples"]
        fastest = min(fastest, stats["timings"]["evalTotalTime"])
    return Cost(samples, fastest)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(f"{url}/-/ready", timeout=5).ok:
                return
        time.sleep(0.1)
    raise SlostackError(f"Prometheus did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")
