"""The clock of the stack's Prometheus steps by a minute, ahead and back: what is stored stays, it goes on alone, and of
the minute that comes twice nothing is stored the second time."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from slostack.servers import obtain
from tests.faults.load import exporter, stored_ticks
from tests.faults.stack import INTERVAL, loaded_project
from tests.faults.stepped_clock import VARIABLE, Clock, prometheus_with_clock
from tests.local.project import wait_until

STEP = 60
HOUR = 3600
SERIES = 100


def test_a_step_of_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(tmp_path / "clock")
    clock.set(0)
    folder = _on_path(tmp_path / "bin", prometheus_with_clock(), clock)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    with exporter(SERIES) as load, loaded_project(tmp_path / "project", load.address, demo=[]) as project:
        project.run("up")
        url = project.url("prometheus")
        wait_until(lambda: _fires(url), 180, "the SLO burns, and pages")
        begins = min(stored_ticks(url, HOUR))
        clock.set(STEP)
        ahead = len(load.answered)
        wait_until(_stored(url, ahead + 3), 30, "samples are stored after the step ahead")
        assert _now(url) > time.time() + STEP / 2, "its clock is ahead"
        evaluated = _evaluated(url)
        wait_until(lambda: _evaluated(url) > evaluated, 90, "rules are evaluated after the step ahead")
        assert _fires(url)
        clock.set(0)
        back, stepped_back = len(load.answered), time.time()
        wait_until(_stored(url, back + STEP + 3), 2 * STEP, "samples are stored after the step back")
        until = len(load.answered)
        evaluated = _evaluated(url)
        wait_until(lambda: _evaluated(url) > evaluated, 90, "rules are evaluated after the step back")
        assert _fires(url)
        kept = stored_ticks(url, HOUR)
    assert set(range(begins, ahead)) - kept == set(), "of before the steps"
    assert set(range(ahead + 1, back)) - kept == set(), "of between them"
    twice_until = stepped_back + STEP + 2 * INTERVAL
    assert {n for n in range(back + 1, until) if load.answered[n] > twice_until} - kept == set(), "of after them"


def _on_path(folder: Path, prometheus: Path, clock: Clock) -> Path:
    """A folder for PATH with the pinned Prometheus, which runs by the clock."""
    folder.mkdir()
    pinned = obtain("prometheus", print).binaries
    (folder / "promtool").symlink_to(pinned["promtool"])
    script = folder / "prometheus"
    script.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = --version ] && exec {shlex.quote(str(pinned["prometheus"]))} --version\n'
        f'{VARIABLE}={shlex.quote(str(clock.file))} exec {shlex.quote(str(prometheus))} "$@"\n'
    )
    script.chmod(0o755)
    return folder


def _now(url: str) -> float:
    """The time by its clock."""
    answer = requests.get(f"{url}/api/v1/query", params={"query": "time()"}, timeout=10).json()
    return float(answer["data"]["result"][1])


def _stored(url: str, number: int) -> Callable[[], bool]:
    return lambda: max(stored_ticks(url, HOUR), default=0) >= number


def _fires(url: str) -> bool:
    try:
        alerts: list[dict[str, Any]] = requests.get(f"{url}/api/v1/alerts", timeout=10).json()["data"]["alerts"]
    except (requests.RequestException, KeyError):  # it has just been started
        return False
    wanted = {"alertname": "ErrorBudgetBurn", "service": "loaded"}
    return any(wanted.items() <= each["labels"].items() and each["state"] == "firing" for each in alerts)


def _evaluated(url: str) -> float:
    """How many evaluations of the SLO's rules there were."""
    text = requests.get(f"{url}/metrics", timeout=10).text
    name = "prometheus_rule_group_iterations_total{"
    found = (line for line in text.splitlines() if line.startswith(name) and "loaded" in line)
    return sum(float(line.split()[-1]) for line in found)
