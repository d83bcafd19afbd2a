"""How long a real Loki keeps lines: some that were written up to a year ago, after its compactor has run."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
import requests

from slostack import plain_yaml
from slostack.config import Place, Topology, config_files
from slostack.config.document import yaml_text
from slostack.servers import ServerUnavailable, obtain_binary
from slostack.settings import parse_settings
from tests.processes import free_ports, running, wait_until
from tests.requirements import need

SECONDS = 60
AT_ONCE: Mapping[str, Mapping[str, object]] = {
    "limits_config": {"reject_old_samples": False},
    "compactor": {"compaction_interval": "1s", "apply_retention_interval": "1s", "retention_delete_delay": "0s"},
    "querier": {"query_store_only": True},
}
"""What lets a test write old lines, and not wait for hours until they are deleted."""
AGES = (370, 300, 100, 40, 10, 1)
"""Days, the oldest first, as Loki wants them."""
DEFAULT = {"debug": [1], "info": [10, 1], "warn": [40, 10, 1], "error": [40, 10, 1], "": [10, 1], "security": AGES[1:]}


@dataclass(frozen=True)
class Loki:
    """Loki with a rendered config below a folder."""

    binary: Path
    folder: Path
    url: str

    @contextmanager
    def started(self) -> Iterator[Popen[bytes]]:
        """Loki, ready, until the end of the block."""
        command = (self.binary, f"-config.file={self.folder}/loki.yaml")
        with running(command, self.folder / "log") as process:
            wait_until(lambda: self.answers("ready"), "Loki is ready", SECONDS)
            yield process

    def answers(self, path: str) -> bool:
        try:
            return requests.get(f"{self.url}/{path}", timeout=5).ok
        except requests.RequestException:
            return False

    def push(self, days: int, labels: dict[str, str]) -> None:
        """A line of so many days ago, in a stream of its own."""
        stream = {"job": "shop", "days": str(days), **labels}
        at = str(round((time.time() - days * 86400) * 1e9))
        line: Any = {"streams": [{"stream": stream, "values": [[at, "a line"]]}]}
        answer = requests.post(f"{self.url}/loki/api/v1/push", json=line, timeout=10)
        assert answer.ok, answer.text

    def kept(self, labels: dict[str, str]) -> list[int]:
        """The ages of the lines with these labels that are there still."""
        matchers = ",".join(f'{name}="{value}"' for name, value in {"level": "", "kind": "", **labels}.items())
        return [days for days in AGES if self._has(days, f'{{job="shop",days="{days}",{matchers}}}')]

    def _has(self, days: int, query: str) -> bool:
        at = time.time() - days * 86400
        asked: Any = {"query": query, "start": round((at - 600) * 1e9), "end": round((at + 600) * 1e9)}
        answer = requests.get(f"{self.url}/loki/api/v1/query_range", params=asked, timeout=30)
        assert answer.ok, answer.text
        return bool(answer.json()["data"]["result"])

    def has_applied_retention(self) -> bool:
        """Whether the compactor has once looked at everything."""
        metrics = requests.get(f"{self.url}/metrics", timeout=5).text
        return 'loki_compactor_apply_retention_operation_total{status="success"}' in metrics


def test_lines_are_kept_by_their_level_and_security_events_the_longest(loki: Loki) -> None:
    streams = {
        **{level: {"level": level} if level else {} for level in DEFAULT if level != "security"},
        "security": {"level": "debug", "kind": "security"},
    }
    with loki.started() as process:
        for days in AGES:
            for labels in streams.values():
                loki.push(days, labels)
        assert requests.post(f"{loki.url}/flush", timeout=10).ok
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)
    for written in ("wal", "tsdb-shipper-active"):  # what a Loki still holds that has just taken the lines
        shutil.rmtree(loki.folder / "data" / written)
    with loki.started():
        wait_until(loki.has_applied_retention, "retention is applied", SECONDS)
        assert {name: loki.kept(labels) for name, labels in streams.items()} == {
            name: list(ages) for name, ages in DEFAULT.items()
        }


@pytest.fixture
def loki(tmp_path: Path) -> Loki:
    """With the periods of a stack that sets none."""
    try:
        binary = obtain_binary("loki", print)
    except ServerUnavailable as error:
        need("loki", str(error))
    http, grpc = (f"127.0.0.1:{port}" for port in free_ports(2))
    place = Place(http, (http,), str(tmp_path), str(tmp_path / "data"), str(tmp_path))
    settings = parse_settings({"environment": "test", "delivery": "local"}, "test")
    document: Any = plain_yaml.load(config_files((), settings, Topology(place, place, place, grpc))["loki/loki.yaml"])
    for part, changed in AT_ONCE.items():
        document[part] = {**document.get(part, {}), **changed}
    (tmp_path / "rules" / "fake").mkdir(parents=True)
    (tmp_path / "loki.yaml").write_text(yaml_text(document), encoding="utf-8")
    return Loki(binary, tmp_path, f"http://{http}")
