"""The disk of all servers is full, and has room again: nothing is lost of before it, and Alertmanager tells meanwhile
what it hears.

Prometheus stores nothing while the disk is full, and its log is broken from then on: at its next start it would lose
what it stored since. So it is restarted as soon as there is room, and all is well. Where the disk stays full it sees
nothing after five minutes: it says so, and the dead man's switch hears nothing any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil
import requests

from tests.delivery.listeners import Heard, listeners
from tests.faults.load import exporter, stored_lines, stored_ticks, writer
from tests.faults.small_disk import disk, fill, need_own_mounts, up_on_small_disk
from tests.faults.stack import INTERVAL, alert, loaded_project
from tests.local.project import Project, wait_until

SERIES = 2_000
MEGABYTES = 96
LOST_SCRAPES = 5
"""By which a full disk is told."""
UNSEEN_SECONDS = 300
"""How old what Prometheus sees may be."""
TOLD_SECONDS = 120
"""In which an alert that begins, or ends, is told; and the dead man's switch of every minute is missed."""


def test_a_full_disk(tmp_path: Path) -> None:
    need_own_mounts()
    began = time.time()
    with (
        listeners() as heard,
        exporter(SERIES) as load,
        loaded_project(tmp_path / "project", load.address) as project,
    ):
        project.set("receivers", {"webhook": {"host": heard.http.removeprefix("http://")}})
        project.write_secret("alertmanager", "webhook-url", f"{heard.http}/told")
        up_on_small_disk(project, MEGABYTES)
        prometheus, loki, pids = project.url("prometheus"), project.url("loki"), project.pids()

        def stored() -> set[int]:
            return stored_ticks(prometheus, time.time() - began)

        def stored_again() -> bool:
            return len(load.answered) - max(stored()) < LOST_SCRAPES

        with writer(loki) as written:
            wait_until(lambda: alert(prometheus), 180, "the load's alert fires")
            full_from = time.time()
            filler = fill(disk(project))
            wait_until(lambda: not stored_again(), 60, "scrapes are lost")
            _send(project, "WhileTheDiskIsFull")
            wait_until(lambda: _told(heard, "WhileTheDiskIsFull"), 60, "an alert is told")
            assert project.pids() == pids, "nothing was restarted"
            filler.unlink()
            wait_until(lambda: project.pids().get("prometheus", 0) not in (0, pids["prometheus"]), 20, "it restarts")
            full_to, after = time.time(), len(load.answered)
            wait_until(project.is_ready, 60, "it is ready")
            wait_until(stored_again, 60, "scrapes are stored again")
            wait_until(lambda: len(load.answered) > after + LOST_SCRAPES, 30, "scrapes go on")
            others = {name: pid for name, pid in project.pids().items() if name != "prometheus"}
            assert others.items() <= pids.items(), "nothing else was restarted"
        _restart(project, "prometheus", psutil.Process.kill)
        due = {n for n, at in enumerate(load.answered[:-1]) if not full_from - INTERVAL <= at <= full_to}
        assert {n for n in due if load.answered[n] > full_to}
        assert due - stored() == set(), "acknowledged, and lost"
        assert set(written.taken) - stored_lines(loki, began) == set(), "taken, and lost"


def test_a_disk_that_stays_full(tmp_path: Path) -> None:
    need_own_mounts()
    with (
        listeners() as heard,
        exporter(SERIES) as load,
        loaded_project(tmp_path / "project", load.address) as project,
    ):
        host = heard.http.removeprefix("http://")
        project.set("receivers", {"webhook": {"host": host}, "deadMansSwitch": {"host": host}})
        project.write_secret("alertmanager", "webhook-url", f"{heard.http}/told")
        project.write_secret("alertmanager", "dead-mans-switch-url", f"{heard.http}/alive")
        up_on_small_disk(project, MEGABYTES)
        prometheus, pids = project.url("prometheus"), project.pids()
        wait_until(lambda: alert(prometheus), 180, "the load's alert fires")
        wait_until(lambda: heard.posted_to("/alive"), TOLD_SECONDS, "the dead man's switch hears of it")
        full_from = time.time()
        filler = fill(disk(project))
        wait_until(lambda: _told(heard, "NothingStored"), UNSEEN_SECONDS, "it says that nothing is stored")
        assert alert(prometheus), "what it has seen it still judges"
        wait_until(lambda: not alert(prometheus), UNSEEN_SECONDS, "an alert ends of which it sees nothing")
        wait_until(_silent_for(heard, TOLD_SECONDS), 3 * TOLD_SECONDS, "the dead man's switch hears nothing")
        assert time.time() - full_from > UNSEEN_SECONDS + TOLD_SECONDS
        assert _firing(prometheus) == {"NothingStored"}
        assert project.pids() == pids, "nothing was restarted"
        filler.unlink()
        alive = len(heard.posted_to("/alive"))
        wait_until(lambda: project.pids().get("prometheus", 0) not in (0, pids["prometheus"]), 20, "it restarts")
        wait_until(project.is_ready, 60, "it is ready")
        wait_until(lambda: alert(prometheus), 180, "the load's alert fires again")
        wait_until(lambda: len(heard.posted_to("/alive")) > alive, TOLD_SECONDS, "the dead man's switch hears again")
        wait_until(lambda: "NothingStored" not in _firing(prometheus), TOLD_SECONDS, "it stores again")
        assert not any(_told(heard, name) for name in ("ServiceDown", "RuleEvaluationLate")), "what is not so"


def _firing(prometheus: str) -> set[str]:
    answer = requests.get(f"{prometheus}/api/v1/alerts", timeout=10).json()
    return {each["labels"]["alertname"] for each in answer["data"]["alerts"] if each["state"] == "firing"}


def _silent_for(heard: Heard, seconds: float) -> Callable[[], bool]:
    """Whether the dead man's switch has heard nothing for so long; it is asked again and again."""
    last = (len(heard.posted_to("/alive")), time.monotonic())

    def is_silent() -> bool:
        nonlocal last
        if (beats := len(heard.posted_to("/alive"))) != last[0]:
            last = (beats, time.monotonic())
        return time.monotonic() - last[1] > seconds

    return is_silent


def _restart(project: Project, name: str, end: Callable[[psutil.Process], None]) -> None:
    """Ends a program; returns once another process has taken its place and is ready."""
    pid = project.pids()[name]
    end(psutil.Process(pid))
    wait_until(lambda: project.pids().get(name, pid) != pid and project.is_ready(), 60, f"{name} is back")


def _send(project: Project, name: str) -> None:
    labels = {"alertname": name, "service": "loaded", "team": "platform", "severity": "critical"}
    url = f"{project.url('alertmanager')}/api/v2/alerts"
    requests.post(url, json=[{"labels": labels, "annotations": {}}], timeout=10).raise_for_status()


def _told(heard: Heard, name: str) -> bool:
    alerts = (each for message in heard.posted_to("/told") for each in message["alerts"])
    return any(each["labels"]["alertname"] == name for each in alerts)
