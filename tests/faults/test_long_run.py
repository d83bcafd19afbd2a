"""A Prometheus on two cores with 1,000 SLOs and 100,000 series: no evaluation is late, and its memory stays."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from bench.load import PROCESSORS, metric, rule_groups
from bench.preview import write_project
from bench.prometheus import prometheus_with
from slostack import plain_yaml
from slostack.bundle import Bundle
from slostack.config.prometheus import prometheus_files
from slostack.deploy.local.places import local_topology
from slostack.deploy.local.programs import local_programs
from slostack.deploy.local.state_folder import StateFolder
from slostack.http_server import HttpServer, serving
from slostack.rule_files import write_rule_files
from slostack.servers import obtain
from slostack.settings import parse_settings
from slostack.spec import load_services
from tests.processes import wait_until

MINUTES = float(os.environ.get("LONG_RUN_MINUTES", "20"))
EVERY_MINUTES = 1.0
SERVICES, SLOS_EACH, PODS = 200, 5, 14
"""14 pods with four statuses for each of 1,000 SLOs: 56,000 series, and as many again that the rules record."""
STATUSES = ("200", "404", "500", "503")
SERIES = 100_000
OWN_FLAGS = ("--config.file=", "--storage.tsdb.path=", "--web.listen-address=")
MORE_MEMORY = 1.2
"""At most, at the end, as a multiple of what it was halfway."""


@dataclass(frozen=True)
class Seen:
    """Prometheus some minutes after its start: evaluations missed and groups late, its memory, series, seconds of
    processors."""

    minutes: float
    missed: float
    standing_still: int
    megabytes: float
    series: float
    busy: float

    def __str__(self) -> str:
        return (
            f"{self.minutes:5.1f} min: {self.missed:.0f} evaluations missed, {self.standing_still} groups late, "
            f"{self.megabytes:,.0f} MB resident, {self.series:,.0f} series, {self.busy:,.0f} s of processors"
        )


def test_a_long_run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOGC", raising=False)  # the tests' own, by which a server takes more memory than it would
    root = tmp_path / "project"
    write_project(root, SERVICES, SLOS_EACH)
    write_rule_files(root)
    with _target() as target:
        config, flags = _rendered(root, target)
        prometheus = prometheus_with(["up 1 0\n", "# EOF\n"], tmp_path, config, PROCESSORS, flags=flags)
        seen = _watched(prometheus, capsys)
    halfway, end = seen[len(seen) // 2], seen[-1]
    assert end.series >= SERIES
    assert {each.missed for each in seen} == {0}
    assert {each.standing_still for each in seen} == {0}
    assert end.megabytes < MORE_MEMORY * halfway.megabytes


def _watched(prometheus: AbstractContextManager[str], capsys: pytest.CaptureFixture[str]) -> list[Seen]:
    with prometheus as url:
        began = time.monotonic()
        seen: list[Seen] = []

        def over() -> bool:
            minutes = (time.monotonic() - began) / 60
            if not seen or minutes - seen[-1].minutes >= EVERY_MINUTES:
                seen.append(_look(url, minutes))
                with capsys.disabled():
                    print(f"\n{seen[-1]}", end="", flush=True)
            return minutes > MINUTES

        wait_until(over, "the time is over", MINUTES * 60 + 120)
    return seen


def _rendered(root: Path, target: str) -> tuple[str, list[str]]:
    """Prometheus' config and arguments as they are rendered for this machine, but for where its files are, where it
    listens, and how long it keeps."""
    services = load_services(root)
    watched = {
        each.service: {"targets": [target], "basePath": f"/{each.service}", "honorLabels": True} for each in services
    }
    settings = parse_settings({"environment": "local", "delivery": "local", "services": watched}, "local")
    folder = StateFolder.of(root)
    topology = local_topology(folder, settings, grafana=False)
    files = prometheus_files(services, settings, topology)
    document = plain_yaml.load(files["prometheus/prometheus.yml"])
    del document["storage"]
    config = plain_yaml.dump({**document, "rule_files": [f"{root}/alert_rules/*.yaml"]})
    servers = {"prometheus": obtain("prometheus", print)}
    first = next(local_programs(root, folder, settings, topology, Bundle(files), servers))
    return config, [each for each in first.command[1:] if not each.startswith(OWN_FLAGS)]


def _look(url: str, minutes: float) -> Seen:
    groups = rule_groups(url)
    now = time.time()
    late = [group for group in groups if group.last_evaluation > 0 and now - group.last_evaluation > 2 * group.interval]
    return Seen(
        minutes,
        sum(group.missed for group in groups),
        len(late),
        metric(url, "process_resident_memory_bytes") / 1e6,
        metric(url, "prometheus_tsdb_head_series"),
        metric(url, "process_cpu_seconds"),
    )


@contextmanager
def _target() -> Iterator[str]:
    """The address of what exposes the raw series of every service's SLOs, each service's below its name."""

    def names(service: str) -> list[str]:
        return [
            f'http_requests_total{{job="{service}",route="/{slo}",instance="pod-{pod}",status="{status}"}} '
            for slo in range(SLOS_EACH)
            for pod in range(PODS)
            for status in STATUSES
        ]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            value = f"{int(time.time())}\n"
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write("".join([name + value for name in names(self.path.split("/")[1])]).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = HttpServer("127.0.0.1", 0, Handler)
    with serving(server):
        yield f"127.0.0.1:{server.server_port}"
