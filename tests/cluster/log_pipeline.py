"""The way of log lines to a real Loki: through a real Alloy, or, where none can be had, through what its stages do."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from tests.cluster.pod_process import PodProcess
from tests.logs.stages import Stages
from tests.processes import wait_until

ARRIVED_SECONDS = 60
LAST = "the last one"
PUSH_PATH = "/loki/api/v1/push"


@dataclass(frozen=True)
class Stored(ABC):
    """What a running Loki has."""

    loki: str

    def stored(self, namespace: str) -> list[tuple[str, dict[str, str]]]:
        """The lines of a namespace that Loki has, each with its labels and its structured metadata."""
        query: dict[str, str | int] = {"query": f'{{namespace="{namespace}"}}', "limit": 5000, "since": "1h"}
        answer = requests.get(f"{self.loki}/loki/api/v1/query_range", params=query, timeout=10).json()
        return [(line, found["stream"]) for found in answer["data"]["result"] for _, line in found["values"]]

    @abstractmethod
    def push(self, namespace: str, *lines: str, pod: str = "web-1") -> None:
        """Sends the lines of a pod, a millisecond apart."""

    def settled(self, namespace: str, enough: Callable[[list[str]], bool]) -> list[str]:
        """The lines once there are enough of them: a last one is sent, which comes after all others."""
        self.push(namespace, f"level=error {LAST}")
        wait_until(lambda: enough([line for line, _ in self.stored(namespace)]), "the lines", ARRIVED_SECONDS)
        return [line for line, _ in self.stored(namespace) if LAST not in line]


@dataclass(frozen=True)
class Pipeline(Stored):
    """A running Alloy and Loki."""

    push_url: str
    alloy: str

    def push(self, namespace: str, *lines: str, pod: str = "web-1") -> None:
        """As Alloy would read them from the cluster's API."""
        _send(self.push_url, _pod(namespace, pod), [[line] for line in lines])


@dataclass(frozen=True)
class StagesAlone(Stored):
    """A running Loki, which gets what Python makes of the stages in Alloy's config."""

    stages: Stages

    def push(self, namespace: str, *lines: str, pod: str = "web-1") -> None:
        for line in lines:
            kept, labels, metadata = self.stages.processed(line)
            _send(self.loki + PUSH_PATH, {**_pod(namespace, pod), **labels}, [[kept, metadata]])


def last(lines: list[str]) -> bool:
    """Whether the last line is there."""
    return any(LAST in line for line in lines)


def take_pushed_lines(collector: PodProcess, port: int, grpc: int) -> None:
    """Puts an address to push to in place of the source of the logs in a collector's config."""
    path = collector.root / "etc" / "alloy" / "config.alloy"
    whole = path.read_text()
    source = (
        'loki.source.api "pushed" {\n'
        f'\thttp {{\n\t\tlisten_address = "127.0.0.1"\n\t\tlisten_port = {port}\n\t}}\n'
        f'\tgrpc {{\n\t\tlisten_address = "127.0.0.1"\n\t\tlisten_port = {grpc}\n\t}}\n'
        "\tforward_to = [loki.process.pods.receiver]\n}\n\n"
    )
    path.write_text(source + whole[re.search(r"^loki\.process", whole, re.MULTILINE).start() :])  # type: ignore[union-attr]


def _pod(namespace: str, pod: str) -> dict[str, str]:
    return {"namespace": namespace, "pod": pod, "container": "main", "app": "web"}


def _send(url: str, labels: dict[str, str], lines: Sequence[Sequence[Any]]) -> None:
    now = time.time_ns()
    values: Any = [[str(now + number * 1_000_000), *line] for number, line in enumerate(lines)]
    answer = requests.post(url, json={"streams": [{"stream": labels, "values": values}]}, timeout=10)
    assert answer.ok, answer.text
