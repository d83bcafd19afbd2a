"""Three replicas of Loki over one bucket, run from their rendered pods, while one of them is killed."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from subprocess import Popen

import pytest
import requests

from tests.bucket import CREDENTIALS, Bucket, serving
from tests.cluster.manifests import manifests
from tests.cluster.pod_process import Machine, PodProcess
from tests.components.program import canaries, run_program, stack_config
from tests.faults.stack import AWAY_SECONDS
from tests.processes import wait_until

REPLICAS = 3
HOST, PORT = "s3.acme.example", 9000
BUCKET = {"type": "s3", "name": "logs", "region": "tests", "host": f"{HOST}:{PORT}", "tls": False, "credentials": True}
START_SECONDS = 90
FORGOTTEN_SECONDS = 120
"""After which the others do what one that was killed did: its last heartbeat is a minute old."""
WRITERS = 4
RULES = "etc/loki/rules/fake"
MORE_GROUPS = [f"more-{number}" for number in range(8)]
MORE_RULES = "groups:\n" + "".join(
    f"- name: {name}\n  interval: 10s\n  rules:\n"
    f"  - {{record: 'log:faults:count', expr: 'sum(count_over_time({{app=\"{name}\"}}[1m]))'}}\n"
    for name in MORE_GROUPS
)


@dataclass
class Cluster:
    """The replicas and their processes; None is one that does not run."""

    pods: list[PodProcess]
    bucket: Bucket
    stack: ExitStack
    processes: list[Popen[bytes] | None] = field(default_factory=lambda: [None] * REPLICAS)

    def start(self, *numbers: int) -> None:
        """Starts some, and waits until each knows of all."""
        for number in numbers:
            self.processes[number] = self.stack.enter_context(self.pods[number].start())
        for number in numbers:
            pod = self.pods[number]
            wait_until(lambda pod=pod: pod.answers() and _active(pod) == REPLICAS, f"{pod.root} answers", START_SECONDS)  # type: ignore[misc]

    def kill(self, number: int) -> None:
        process = self.processes[number]
        assert process
        process.kill()
        process.wait()
        self.processes[number] = None

    def end(self, number: int) -> None:
        """Has a replica store all that it holds, and waits until it has ended."""
        process = self.processes[number]
        assert process
        with suppress(requests.ConnectionError):  # the answer may come too late
            requests.post(f"{self.pods[number].url}/ingester/shutdown", timeout=START_SECONDS)
        process.wait(timeout=START_SECONDS)
        self.processes[number] = None

    @property
    def running(self) -> list[PodProcess]:
        return [pod for pod, process in zip(self.pods, self.processes, strict=True) if process]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    config = stack_config("prod")
    config["loki"] |= {"replicas": REPLICAS, "bucket": BUCKET}
    secrets = canaries("prod", config) | {"lokiBucket": CREDENTIALS}
    machine = Machine(manifests(run_program("prod", config, secrets)), tmp_path_factory.mktemp("loki"))
    bucket = Bucket("logs")
    with ExitStack() as stack:
        stack.enter_context(serving(bucket, machine.port(HOST, PORT)))
        found = Cluster([machine.pod("loki", number) for number in range(REPLICAS)], bucket, stack)
        for pod in found.pods:
            (pod.root / RULES / "more.yaml").write_text(MORE_RULES)
        found.start(*range(REPLICAS))
        yield found


def test_each_rule_is_judged_by_one_replica_and_by_another_after_its_death(cluster: Cluster) -> None:
    files = (cluster.pods[0].root / RULES).glob("*.yaml")
    wanted = {group for file in files for group in re.findall(r"- name: (.+)", file.read_text())}
    assert {"logs/junkos", *MORE_GROUPS} <= wanted
    wait_until(lambda: _judged(cluster) == sorted(wanted), "each group once", FORGOTTEN_SECONDS)
    (most,) = sorted(range(REPLICAS), key=lambda number: len(_groups(cluster.pods[number])))[-1:]
    assert _groups(cluster.pods[most]) != wanted, "one judges all"
    cluster.kill(most)
    wait_until(lambda: _judged(cluster) == sorted(wanted), "each group once, without it", FORGOTTEN_SECONDS)
    cluster.start(most)
    wait_until(lambda: _judged(cluster) == sorted(wanted), "each group once, with it again", FORGOTTEN_SECONDS)


def test_no_acknowledged_line_is_lost_when_a_replica_is_killed(cluster: Cluster) -> None:
    writing = Writing(cluster.pods)
    with ThreadPoolExecutor(WRITERS) as threads:
        writers = [threads.submit(writing.write, writer) for writer in range(WRITERS)]
        try:
            wait_until(lambda: len(writing.acknowledged) > 200, "lines are taken")
            cluster.kill(1)
            killed = len(writing.acknowledged)
            wait_until(lambda: len(writing.acknowledged) > killed + 400, "lines are taken without it")
        finally:
            writing.over.set()
    for writer in writers:
        writer.result()
    assert writing.refused, "nobody noticed that one is gone"
    for pod in cluster.running:
        _has_all(pod, writing.acknowledged)
    cluster.start(1)
    for pod in cluster.pods:
        _has_all(pod, writing.acknowledged)
    for number in range(REPLICAS):
        cluster.kill(number)
    cluster.start(*range(REPLICAS))
    _has_all(cluster.pods[0], writing.acknowledged)


def test_lines_outlive_the_volume_of_a_replica_and_go_into_the_bucket(cluster: Cluster) -> None:
    writing = Writing(cluster.pods)
    writing.write(0, lines=50)
    for pod in cluster.pods:
        requests.post(f"{pod.url}/flush", timeout=30).raise_for_status()
    wait_until(lambda: any(key.startswith("fake/") for key in cluster.bucket.objects), "chunks in the bucket", 60)
    cluster.kill(2)
    shutil.rmtree(cluster.pods[2].root / "var" / "lib" / "loki")
    cluster.start(2)
    for pod in cluster.pods:
        _has_all(pod, writing.acknowledged)


def test_lines_that_are_taken_while_the_bucket_is_away_are_in_it_afterwards(cluster: Cluster) -> None:
    writing = Writing(cluster.pods, pause=1)
    failures = r"^loki_ingester_chunks_flush_failures_total (\d+)"
    with ThreadPoolExecutor(WRITERS) as threads:
        writers = [threads.submit(writing.write, writer) for writer in range(WRITERS)]
        try:
            wait_until(lambda: len(writing.acknowledged) > WRITERS, "lines are taken")
            cluster.bucket.available, since = False, time.monotonic()
            for pod in cluster.pods:
                requests.post(f"{pod.url}/flush", timeout=30).raise_for_status()
            wait_until(lambda: any(_metric(pod, failures) for pod in cluster.pods), "they fail to store chunks", 60)

            def away() -> bool:
                assert not any(writer.done() for writer in writers)
                return time.monotonic() - since >= AWAY_SECONDS

            wait_until(away, "the bucket is away for long", AWAY_SECONDS + 60)
            taken = len(writing.acknowledged)
            assert taken > WRITERS * AWAY_SECONDS / 10, "lines were not taken meanwhile"
            cluster.bucket.available = True
            wait_until(lambda: len(writing.acknowledged) > taken + 2 * WRITERS, "lines are taken")
        finally:
            writing.over.set()
    for writer in writers:
        writer.result()
    for pod in cluster.pods:
        _has_all(pod, writing.acknowledged)
    for number, pod in enumerate(cluster.pods):
        cluster.end(number)
        shutil.rmtree(pod.root / "var" / "lib" / "loki")
    cluster.start(*range(REPLICAS))
    _has_all(cluster.pods[0], writing.acknowledged)


@dataclass
class Writing:
    """Lines that are sent to one replica after another until one takes them, with seconds of `pause` between them."""

    pods: list[PodProcess]
    pause: float = 0
    acknowledged: set[str] = field(default_factory=set)
    refused: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    run: str = field(default_factory=lambda: f"{time.time_ns()}")

    def write(self, writer: int, lines: int | None = None) -> None:
        replicas = itertools.cycle(self.pods[writer % REPLICAS :] + self.pods[: writer % REPLICAS])
        for number in itertools.count() if lines is None else range(lines):
            if self.over.is_set():
                return
            line = f"run {self.run} writer {writer} line {number}"
            stream = {"stream": {"app": "faults", "writer": str(writer)}, "values": [[f"{time.time_ns()}", line]]}
            while not _takes(next(replicas), stream):
                if self.over.is_set():
                    return
                self.refused += 1
            self.acknowledged.add(line)
            self.over.wait(self.pause)


def _takes(pod: PodProcess, stream: object) -> bool:
    headers = {"Content-Type": "application/json"}
    try:
        answer = requests.post(
            f"{pod.url}/loki/api/v1/push", data=json.dumps({"streams": [stream]}), headers=headers, timeout=10
        )
    except requests.RequestException:
        return False
    assert answer.status_code == 204 or answer.status_code >= 500, answer.text
    return answer.status_code == 204


def _has_all(pod: PodProcess, lines: set[str]) -> None:
    """Each line, and each once; queries that the replica that has just gone was to help with are asked again."""
    run = next(iter(lines)).split()[1]
    found: list[str] = []

    def complete() -> bool:
        found[:] = _lines(pod, f'{{app="faults"}} |= "run {run} "')
        return lines <= set(found)

    wait_until(complete, f"all {len(lines)} lines at {pod.root.name}", 60)
    assert len(found) == len(set(found))


def _lines(pod: PodProcess, query: str) -> list[str]:
    params = {"query": query, "limit": "5000", "start": str(time.time_ns() - 3600 * 10**9)}
    try:
        answer = requests.get(f"{pod.url}/loki/api/v1/query_range", params=params, timeout=30)
    except requests.RequestException:
        return []
    if answer.status_code != 200:
        return []
    return [line for stream in answer.json()["data"]["result"] for _, line in stream["values"]]


def _judged(cluster: Cluster) -> list[str]:
    return sorted(group for pod in cluster.running for group in _groups(pod))


def _groups(pod: PodProcess) -> set[str]:
    """The groups of rules that a replica judges."""
    metrics = requests.get(f"{pod.url}/metrics", timeout=10).text
    found = re.findall(
        r'^loki_prometheus_rule_group_rules{rule_group="[^"]*;([^"]+)",user="fake"} (\d+)', metrics, re.MULTILINE
    )
    return {group for group, rules in found if int(rules)}


def _active(pod: PodProcess) -> int:
    """How many replicas a replica knows to take lines."""
    try:
        return _metric(pod, r'^loki_ring_members{name="ingester",state="ACTIVE"} (\d+)')
    except requests.RequestException:
        return 0


def _metric(pod: PodProcess, pattern: str) -> int:
    """What a line of a replica's metrics says."""
    found = re.search(pattern, requests.get(f"{pod.url}/metrics", timeout=10).text, re.MULTILINE)
    return int(found[1]) if found else 0
