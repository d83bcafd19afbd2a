"""The backfill of the cluster, as its job runs it, beside Thanos: real servers from their rendered pods."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from slostack import names, plain_yaml, promtool
from slostack.servers import obtain_binary
from tests.cluster.pod_process import Machine, PodProcess
from tests.cluster.thanos import OPENS_BUCKET, thanos_machine
from tests.cluster.volumes import write_volume
from tests.components.program import ROOT
from tests.processes import wait_until
from tests.unit.spec.files import project

PAGE = ROOT / "docs" / "backfill.md"
DATA = "/var/lib/prometheus"
HOUR, SECONDS = 3600, 60
HOURS = 12
"""Of raw series, in blocks of two hours."""
SLO_FILE = """
service: api
description: An API
team: web
scrape: [{job: api, interval: 60s, timeout: 10s}]
slos:
  - name: success
    description: Requests succeed
    objective: 99
    sli:
      events: {bad: 'http_requests_total{job="api",code="500"}', total: 'http_requests_total{job="api"}'}
    runbook: api/burn.md
"""
RAW = "http_requests_total"
PER_SECOND = {"200": 9, "500": 1}
RULES = {"groups": [{"name": "test", "interval": "1s", "rules": [{"record": "test:beat", "expr": "vector(1)"}]}]}


@dataclass
class Stage:
    """The processes of a machine, and when raw series end (Unix seconds)."""

    machine: Machine
    project: Path
    end: int
    processes: ExitStack
    pods: dict[str, PodProcess] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def add(self, name: str, server: str, ordinal: int = 0, sidecar: str | None = None) -> PodProcess:
        self.pods[name] = pod = self.machine.pod(server, ordinal, sidecar)
        if server == "prometheus" and not sidecar:
            write_volume(pod.root / "etc/prometheus/rules", {"test.yaml": plain_yaml.dump(RULES)})
        return pod

    def start(self, *names: str, more: tuple[str, ...] = ()) -> None:
        for name in names:
            self.running[name] = self.processes.enter_context(self.pods[name].start(*more))
        for name in names:
            wait_until(self.pods[name].answers, f"{name} answers", SECONDS)

    def kill(self, *names: str) -> None:
        for name in names:
            self.running[name].kill()
            self.running.pop(name).wait()

    def backfill(self, number: int) -> set[str]:
        """Runs a job; the blocks that it gave."""
        data = Path(f"{self.pods[f'prometheus-{number}'].root}{DATA}")
        before = _blocks(data)
        command, *arguments = self.machine.job(f"backfill-{number}", {DATA: data, "/project": self.project})
        done = subprocess.run(
            [Path(sys.executable).with_name(command), *arguments], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return _blocks(data) - before

    def counted(self, server: str) -> list[float]:
        """All events that one SLO has counted, and the bad ones; nothing where the server has none."""
        return [
            value
            for name in (names.EVENTS, names.BAD_EVENTS)
            for value in self.ask(server, f"sum_over_time({name}[2d])")
        ]

    def ask(self, server: str, expr: str) -> list[float]:
        answer = requests.get(f"{self.pods[server].url}/api/v1/query", params={"query": expr}, timeout=30)
        assert answer.status_code == 200, answer.text
        return [float(each["value"][1]) for each in answer.json()["data"]["result"]]

    def lacking(self, server: str) -> list[str]:
        """What its answer lacks, as it says itself."""
        answer = requests.get(f"{self.pods[server].url}/api/v1/query", params={"query": RAW}, timeout=30)
        return list(answer.json().get("warnings", []))

    def metric(self, name: str, metric: str) -> float:
        lines = requests.get(f"{self.pods[name].url}/metrics", timeout=10).text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{metric} ", f"{metric}{{")))


def _blocks(folder: Path) -> set[str]:
    return {path.parent.name for path in folder.glob("*/meta.json")}


def _raw_series(end: int) -> Iterator[str]:
    for code, rate in PER_SECOND.items():
        for at in range(end - HOURS * HOUR, end, 60):
            seconds = at - end + HOURS * HOUR
            yield f'{RAW}{{job="api",code="{code}"}} {rate * seconds} {at}\n'
    yield "# EOF\n"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    (tmp_path / "bucket").mkdir()
    end = int(time.time()) // (2 * HOUR) * 2 * HOUR - 2 * HOUR
    root = project(tmp_path / "project", SLO_FILE).parents[1]
    with ExitStack() as processes:
        yield Stage(thanos_machine(tmp_path, tmp_path / "bucket"), root, end, processes)


def test_it_counts_what_the_query_has_and_is_in_no_ones_way(stage: Stage) -> None:
    """What it counts is there for the query, nothing of it gets into the bucket but as documented, and the compactor
    works on. A Prometheus that lost its data gets what the other has."""
    folder = stage.machine.folder
    bucket, out = folder / "bucket", folder / "out"
    data = Path(f"{stage.add('prometheus-0', 'prometheus').root}{DATA}")
    stage.add("sidecar-0", "prometheus", 0, "thanos-sidecar")
    stage.add("prometheus-1", "prometheus", 1)
    for name in ("query", "store", "compactor"):
        stage.add(name, f"thanos-{name}")
    raw = folder / "raw.om"
    raw.write_text("".join(_raw_series(stage.end)), encoding="utf-8")
    promtool.create_blocks_from_openmetrics(raw, data)
    uploaded = _blocks(data)
    assert len(uploaded) == HOURS // 2
    stage.start("prometheus-0", "sidecar-0", "query", "prometheus-1")
    wait_until(lambda: bool(stage.ask("query", f"count_over_time({RAW}[1d])")), "the query asks it", SECONDS)
    with pytest.raises(AssertionError, match="answered in part only"):
        stage.backfill(0)
    assert _blocks(data) == uploaded
    stage.start("store")
    wait_until(lambda: not stage.lacking("query"), "the query asks the store", SECONDS)

    made = stage.backfill(0)
    assert made
    for block in made:
        shutil.copytree(data / block, out / block)
    assert stage.backfill(1)
    stage.kill("prometheus-0", "sidecar-0", "prometheus-1")
    stage.start("prometheus-0", "sidecar-0", "prometheus-1")
    expected = pytest.approx([10 * HOURS * HOUR, HOURS * HOUR], rel=0.02)
    assert stage.counted("prometheus-0") == expected
    assert stage.counted("prometheus-1") == expected
    wait_until(lambda: stage.counted("query") == expected, "the query has what was counted", SECONDS)
    wait_until(lambda: stage.metric("sidecar-0", "thanos_shipper_dir_syncs_total") > 0, "it has looked", SECONDS)
    assert _blocks(bucket) == uploaded

    opens = folder / "bucket.yaml"
    opens.write_text(OPENS_BUCKET.replace("/bucket", str(bucket)), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8").replace("\\\n", "")
    (command,) = re.findall("^thanos (tools bucket upload-blocks.*)$", page, re.MULTILINE)
    command = command.replace("=bucket.yaml", f"={opens}").replace("=blocks", f"={out}")
    subprocess.run([obtain_binary("thanos", print), *shlex.split(command)], check=True, capture_output=True)
    assert _blocks(bucket) == uploaded | made
    stage.kill("store")
    stage.start("compactor", more=("--consistency-delay=0s", "--delete-delay=0s"))

    def done() -> bool:
        assert stage.metric("compactor", "thanos_compact_halted") == 0
        return stage.metric("compactor", "thanos_compact_iterations_total") > 0

    wait_until(done, "the compactor has been through the bucket", SECONDS)
    stage.start("store")
    asked = "thanos_bucket_store_series_blocks_queried_count"

    def once() -> bool:
        assert stage.counted("query") == expected
        return stage.metric("store", asked) > 0

    wait_until(once, "the query asks the bucket", SECONDS)
