"""The logs' way from a pod to Loki, through a real Alloy with its rendered config and a real Loki."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cluster.manifests import manifests
from tests.cluster.pod_process import Machine, PodProcess, obtained
from tests.cluster.test_exposed import EXPOSED, exposed
from tests.components.program import canaries, run_program, stack_config
from tests.processes import free_port, wait_until

ARRIVED_SECONDS = 60
LOGS = {"drop": ["debug"], "limits": {"noisy": {"sample": 0.1}, "bursting": {"linesPerSecond": 10}}}
SECRET = "hunter2"


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    """A stack that drops, samples and caps."""
    return manifests(run_program("dev", stack_config("dev") | {"logs": LOGS}, canaries("dev")))


@pytest.fixture(scope="module")
def config(objects: list[dict[str, Any]]) -> str:
    """Its config of Alloy."""
    (found,) = (each for each in objects if each["kind"] == "ConfigMap" and each["metadata"]["name"] == "alloy-config")
    return str(found["data"]["config.alloy"])


def alloy(*arguments: str) -> subprocess.CompletedProcess[str]:
    """How Alloy's own tool ends."""
    command = (str(obtained("alloy").binaries["alloy"]), *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_alloy_takes_its_config_and_would_write_it_so_itself(config: str, tmp_path: Path) -> None:
    path = tmp_path / "config.alloy"
    path.write_text(config)
    checked = alloy("validate", str(path))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert alloy("fmt", str(path)).stdout == config


def test_alloy_refuses_a_config_that_is_wrong(config: str, tmp_path: Path) -> None:
    path = tmp_path / "config.alloy"
    path.write_text(config.replace("stage.sampling", "stage.simpling"))
    assert alloy("validate", str(path)).returncode != 0


@dataclass(frozen=True)
class Pipeline:
    """A running Alloy and Loki."""

    push_url: str
    loki: str
    alloy: str

    def push(self, namespace: str, *lines: str, pod: str = "web-1") -> None:
        """Sends the lines of a pod, a millisecond apart, as Alloy would read them from the cluster's API."""
        labels = {"namespace": namespace, "pod": pod, "container": "main", "app": "web"}
        now = time.time_ns()
        values = [[str(now + number * 1_000_000), line] for number, line in enumerate(lines)]
        requests.post(self.push_url, json={"streams": [{"stream": labels, "values": values}]}, timeout=10)

    def stored(self, namespace: str) -> list[tuple[str, dict[str, str]]]:
        """The lines of a namespace that Loki has, each with its labels and its structured metadata."""
        query: dict[str, str | int] = {"query": f'{{namespace="{namespace}"}}', "limit": 5000, "since": "1h"}
        answer = requests.get(f"{self.loki}/loki/api/v1/query_range", params=query, timeout=10).json()
        return [(line, found["stream"]) for found in answer["data"]["result"] for _, line in found["values"]]

    def settled(self, namespace: str, enough: Callable[[list[str]], bool]) -> list[str]:
        """The lines once there are enough of them: a last one is sent, which comes after all others."""
        self.push(namespace, "level=error the last one")
        wait_until(lambda: enough([line for line, _ in self.stored(namespace)]), "the lines", ARRIVED_SECONDS)
        return [line for line, _ in self.stored(namespace) if "the last one" not in line]


def last(lines: list[str]) -> bool:
    """Whether the last line is there."""
    return any("the last one" in line for line in lines)


@pytest.fixture(scope="module")
def pipeline(objects: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Alloy with its config, but for the source of the logs, for which there is an address to push to."""
    machine = Machine(objects, tmp_path_factory.mktemp("logs"))
    loki, collector = machine.pod("loki"), machine.pod("alloy")
    port, grpc = free_port(), free_port()
    _take_pushed_lines(collector, port, grpc)
    with loki.start(), collector.start():
        wait_until(lambda: loki.answers() and collector.answers(), "Loki and Alloy", ARRIVED_SECONDS)
        yield Pipeline(f"http://127.0.0.1:{port}/loki/api/v1/push", loki.url, collector.url)


def _take_pushed_lines(collector: PodProcess, port: int, grpc: int) -> None:
    path = collector.root / "etc" / "alloy" / "config.alloy"
    whole = path.read_text()
    source = (
        'loki.source.api "pushed" {\n'
        f'\thttp {{\n\t\tlisten_address = "127.0.0.1"\n\t\tlisten_port = {port}\n\t}}\n'
        f'\tgrpc {{\n\t\tlisten_address = "127.0.0.1"\n\t\tlisten_port = {grpc}\n\t}}\n'
        "\tforward_to = [loki.process.pods.receiver]\n}\n\n"
    )
    path.write_text(source + whole[re.search(r"^loki\.process", whole, re.MULTILINE).start() :])  # type: ignore[union-attr]


def test_lines_are_masked_labelled_and_carry_their_request_ids(pipeline: Pipeline) -> None:
    pipeline.push(
        "shop",
        f'{{"level":"WARNING","msg":"login","password":"{SECRET}","requestId":"4b825dc6-42cb"}}',
        f"level=info url=https://u:{SECRET}@db.example/x trace_id=4bf92f3577b34da6a3ce929d0e0e4736",
        "2026-11-22 10:00:00 ERROR mail to ada@example.org failed",
        "nothing that says a level",
    )
    lines = pipeline.settled("shop", last)
    assert len(lines) == 4
    assert not any(SECRET in line or "ada@" in line for line in lines)
    stored = pipeline.stored("shop")
    by_level = {stream.get("level", ""): stream for line, stream in stored if "the last one" not in line}
    assert set(by_level) == {"warn", "info", "error", ""}
    assert by_level["warn"]["request_id"] == "4b825dc6-42cb"
    assert by_level["info"]["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    series = requests.get(f"{pipeline.loki}/loki/api/v1/series", params={"match[]": '{namespace="shop"}'}, timeout=10)
    labels = {label for stream in series.json()["data"] for label in stream}
    assert labels - {"service_name"} == {"namespace", "pod", "container", "app", "level"}


def test_alloy_exposes_what_the_alerts_read_once_lines_flow(pipeline: Pipeline) -> None:
    pipeline.push("metrics", "level=info one")
    wait_until(lambda: not EXPOSED["alloy"] - exposed(f"{pipeline.alloy}/metrics"), "its metrics", ARRIVED_SECONDS)


def test_levels_are_dropped(pipeline: Pipeline) -> None:
    pipeline.push("quiet", "level=debug one", "level=info two", "level=DEBUG three")
    assert pipeline.settled("quiet", last) == ["level=info two"]


def test_a_noisy_namespace_is_sampled_but_for_its_errors(pipeline: Pipeline) -> None:
    pipeline.push("noisy", *(f"level={'error' if n % 5 == 0 else 'info'} {n}" for n in range(1000)))
    lines = pipeline.settled("noisy", last)
    errors = [line for line in lines if "level=error" in line]
    assert len(errors) == 200
    assert 30 < len(lines) - len(errors) < 160, "a tenth of 800"


def test_a_burst_of_one_pod_is_capped_and_takes_nothing_from_another(pipeline: Pipeline) -> None:
    pipeline.push("bursting", *(f"level=info {n}" for n in range(500)))
    pipeline.push("bursting", "level=info other", pod="web-2")
    wait_until(
        lambda: any(line == "level=info other" for line, _ in pipeline.stored("bursting")), "it", ARRIVED_SECONDS
    )
    lines = [line for line, _ in pipeline.stored("bursting")]
    assert 20 <= len(lines) < 100
