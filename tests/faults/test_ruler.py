"""What of the counts of Loki's ruler reaches a Prometheus that was away; both are run from their rendered pods."""

from __future__ import annotations

import itertools
import time
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen

import requests

from tests.cluster.manifests import manifests
from tests.cluster.pod_process import Machine, PodProcess
from tests.components.program import canaries, run_program, stack_config
from tests.processes import wait_until

SERIES = "log:faults:count"
INTERVAL = 5.0
RULES = f"""
groups:
- name: faults
  interval: {INTERVAL:.0f}s
  rules: [{{record: '{SERIES}', expr: 'sum(count_over_time({{app="faults"}}[1m])) or vector(0)'}}]
"""
AWAY_SECONDS = 30
START_SECONDS = 120


def test_counts_wait_for_prometheus_as_long_as_loki_runs_on(tmp_path: Path) -> None:
    config = stack_config("dev")
    machine = Machine(manifests(run_program("dev", config, canaries("dev", config))), tmp_path)
    prometheus, loki = machine.pod("prometheus"), machine.pod("loki")
    (loki.root / "etc/loki/rules/fake/faults.yaml").write_text(RULES)
    with ExitStack() as stack:
        counting, receiving = _started(loki, stack), _started(prometheus, stack)
        began = _arrived_since(time.time(), prometheus)

        _killed(receiving)
        time.sleep(AWAY_SECONDS)
        receiving = _started(prometheus, stack)
        _arrived_since(time.time(), prometheus)
        assert _longest_gap(_counted(prometheus, began)) < 2.5 * INTERVAL

        _killed(receiving)
        gone = time.time()
        time.sleep(AWAY_SECONDS)
        _killed(counting)
        restarted = time.time()
        _started(loki, stack)
        ready = time.time()
        time.sleep(AWAY_SECONDS)
        _started(prometheus, stack)
        _arrived_since(time.time(), prometheus)
        assert [at for at in _counted(prometheus, gone) if at < restarted] == [], "docs/logs.md says that they are lost"
        first, *_ = later = _counted(prometheus, restarted)
        assert first < ready + AWAY_SECONDS
        assert _longest_gap(later) < 2.5 * INTERVAL


def _started(pod: PodProcess, stack: ExitStack) -> Popen[bytes]:
    process: Popen[bytes] = stack.enter_context(pod.start())
    wait_until(pod.answers, f"{pod.root.name} answers", START_SECONDS)
    return process


def _killed(process: Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _arrived_since(start: float, prometheus: PodProcess) -> float:
    """The time of the first count of later that arrives."""
    wait_until(lambda: bool(_counted(prometheus, start)), "counts arrive", START_SECONDS)
    return _counted(prometheus, start)[0]


def _counted(prometheus: PodProcess, start: float) -> list[float]:
    """The times of the counts that Prometheus has, from one on."""
    asked = {"query": f"{SERIES}[1h]"}
    answer = requests.get(f"{prometheus.url}/api/v1/query", params=asked, timeout=10).json()["data"]["result"]
    return [float(at) for series in answer for at, _ in series["values"] if float(at) >= start]


def _longest_gap(times: list[float]) -> float:
    return max(after - before for before, after in itertools.pairwise(times))
