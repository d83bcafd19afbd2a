"""Each server of the stack on this machine, killed with -9 again and again under load, is soon back with what it had
acknowledged, and alerts stay as they were."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import pytest
import requests

from tests.faults.load import exporter, stored_lines, stored_ticks, writer
from tests.faults.stack import ALERT, INTERVAL, alert, loaded_project
from tests.local.demo_stack import notifications
from tests.local.project import Project, wait_until

KILLS = int(os.environ.get("KILLS", "20"))
"""Of each server."""
SERIES = 5_000
BACK_SECONDS = 10
RESTORED_EVERY = 4
"""Kills of Prometheus between two looks at whether it goes on with its alerts, for which it has to evaluate twice."""
RESTORED_SECONDS = 120


def test_killed_under_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.time()
    with exporter(SERIES) as load, loaded_project(tmp_path / "project", load.address) as project:
        project.run("up")
        prometheus, loki = project.url("prometheus"), project.url("loki")
        with writer(loki) as written:
            silence = _silence(project)
            first = wait_until(lambda: alert(prometheus), 180, f"{ALERT} fires")
            wait_until(lambda: _told(project), 120, f"{ALERT} is told")
            wait_until(lambda: silence in _silences(project), 30, "the silence is on disk")
            kills, backs = _kill_in_turns(project, lambda: _goes_on(prometheus, first))
            after = len(load.answered)
            wait_until(lambda: len(load.answered) > after + 1, BACK_SECONDS, "scrapes go on")
        with capsys.disabled():
            print(f"\n{_table(backs)}\n{len(load.answered)} scrapes of {SERIES} series, {len(written.taken)} lines")
        assert {name: max(took) for name, took in backs.items() if max(took) > BACK_SECONDS} == {}
        due = [n for n, at in enumerate(load.answered[:-1]) if not any(0 <= kill - at <= INTERVAL for kill in kills)]
        assert set(due) - stored_ticks(prometheus, time.time() - began) == set(), "acknowledged, and lost"
        assert set(written.taken) - stored_lines(loki, began) == set(), "taken, and lost"
        assert silence in _silences(project)
        assert [each["status"] for each in notifications(project, alert=ALERT)] == ["firing"], "told once, and no end"


def _kill_in_turns(project: Project, goes_on: Callable[[], Any]) -> tuple[list[float], dict[str, list[float]]]:
    """Kills every program in turn; returns when Prometheus was killed, and how many seconds each took to be back."""
    backs: dict[str, list[float]] = defaultdict(list)
    kills: list[float] = []
    for number in range(1, KILLS + 1):
        for name in project.pids():
            if name == "prometheus":
                kills.append(time.time())
            backs[name].append(_kill(project, name))
        if number % RESTORED_EVERY == 0 or number == KILLS:
            wait_until(goes_on, RESTORED_SECONDS, f"{ALERT} goes on")
    return kills, dict(backs)


def _kill(project: Project, name: str) -> float:
    """Kills a program; returns the seconds until another process has taken its place and is ready."""
    pid, at = project.pids()[name], time.monotonic()
    psutil.Process(pid).kill()
    wait_until(lambda: project.pids().get(name, pid) != pid and project.is_ready(), 60, f"{name} is back")
    return time.monotonic() - at


def _goes_on(prometheus: str, first: dict[str, Any]) -> bool:
    """Whether the alert fires, and since when it did at first."""
    now = alert(prometheus)
    since, before = (datetime.fromisoformat(each["activeAt"]) if each else None for each in (now, first))
    return bool(since and before and abs(since - before) <= timedelta(seconds=1))


def _silence(project: Project) -> str:
    now = datetime.now(UTC)
    document: dict[str, Any] = {
        "matchers": [{"name": "alertname", "value": "Nothing", "isRegex": False}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=2)).isoformat(),
        "createdBy": "test",
        "comment": "kept",
    }
    answer = requests.post(f"{project.url('alertmanager')}/api/v2/silences", json=document, timeout=10)
    identity = str(answer.json()["silenceID"])
    stored = project.folder.data("alertmanager") / "silences"
    wait_until(lambda: stored.is_file() and identity.encode() in stored.read_bytes(), 30, "the silence is on disk")
    return identity


def _silences(project: Project) -> set[str]:
    answer = requests.get(f"{project.url('alertmanager')}/api/v2/silences", timeout=10).json()
    return {each["id"] for each in answer if each["status"]["state"] == "active"}


def _told(project: Project) -> bool:
    return bool(notifications(project, alert=ALERT))


def _table(backs: dict[str, list[float]]) -> str:
    rows = (
        f"{name:<14} {len(took):>3} kills, back after {median(took):.1f} s, at most {max(took):.1f} s"
        for name, took in backs.items()
    )
    return "\n".join(rows)
