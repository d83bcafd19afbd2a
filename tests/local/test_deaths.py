"""Each program killed with -9 comes back, and nothing that it had stored is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest
import requests

from slostack.notifications import NotificationReader, store_folder
from tests.local.project import Project, wait_until

BACK_SECONDS = 60


def kill(stack: Project, name: str) -> None:
    """Kills a program and returns once another process has taken its place and is ready."""
    pid = stack.pids()[name]
    psutil.Process(pid).kill()
    wait_until(lambda: stack.pids().get(name, pid) != pid, BACK_SECONDS, f"{name} is started again")
    wait_until(stack.is_ready, BACK_SECONDS, f"{name} is ready again")


def test_prometheus(stack: Project) -> None:
    count = 'count_over_time(prometheus_build_info{job="prometheus"}[1h])'
    (before,) = wait_until(lambda: stack.query(count), 60, "Prometheus has scraped itself")
    kill(stack, "prometheus")
    (after,) = stack.query(count)
    assert float(after["value"][1]) >= float(before["value"][1])
    (history,) = stack.query('count_over_time(slo:events:count5m{slo="availability"}[30d])')
    assert float(history["value"][1]) >= 8639


def test_alertmanager(stack: Project) -> None:
    url = f"{stack.url('alertmanager')}/api/v2"
    now = datetime.now(UTC)
    silence: dict[str, Any] = {
        "matchers": [{"name": "alertname", "value": "Nothing", "isRegex": False}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "test",
        "comment": "test",
    }
    identity = requests.post(f"{url}/silences", json=silence, timeout=10).json()["silenceID"]
    stored = stack.folder.data("alertmanager") / "silences"
    wait_until(lambda: stored.is_file() and identity.encode() in stored.read_bytes(), 30, "the silence is on disk")
    kill(stack, "alertmanager")
    assert requests.get(f"{url}/silence/{identity}", timeout=10).json()["status"]["state"] == "active"


def test_loki(stack: Project) -> None:
    url = f"{stack.url('loki')}/loki/api/v1"
    line = f"kept {time.time_ns()}"
    stream: dict[str, Any] = {"stream": {"job": "test"}, "values": [[str(time.time_ns()), line]]}
    requests.post(f"{url}/push", json={"streams": [stream]}, timeout=10).raise_for_status()
    kill(stack, "loki")

    def found() -> Any:
        answer = requests.get(f"{url}/query_range", params={"query": f'{{job="test"}} |= "{line}"'}, timeout=10)
        return answer.ok and answer.json()["data"]["result"]

    wait_until(found, 30, "the log line is found again")


def test_notifications(stack: Project) -> None:
    alert: dict[str, Any] = {
        "status": "firing",
        "labels": {"alertname": "Kept", "severity": "low"},
        "annotations": {"summary": "kept"},
        "startsAt": datetime.now(UTC).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": "f",
    }
    message: dict[str, Any] = {"version": "4", "status": "firing", "receiver": "low", "alerts": [alert]}
    requests.post(f"{stack.url('notifications')}/alerts", json=message, timeout=10).raise_for_status()
    kill(stack, "notifications")
    assert "Kept" in {notification.alert for notification in NotificationReader(store_folder(stack.root)).read()}
    assert "Kept" in requests.get(stack.url("notifications"), timeout=10).text


def test_grafana(stack: Project) -> None:
    if "grafana" not in stack.pids():
        pytest.skip("Grafana can't be had here: install it on PATH or set GRAFANA_HOME")
    user = "admin", (stack.folder.secrets("grafana") / "grafana-admin-password").read_text()
    url = f"{stack.url('grafana')}/api"

    def starred() -> list[str]:
        answer = requests.get(f"{url}/search", params={"starred": "true"}, auth=user, timeout=10)
        return [dashboard["uid"] for dashboard in answer.json()]

    dashboard = requests.get(f"{url}/dashboards/uid/slo-learnsnap", auth=user, timeout=10).json()["dashboard"]
    requests.post(f"{url}/user/stars/dashboard/{dashboard['id']}", auth=user, timeout=10).raise_for_status()
    kill(stack, "grafana")
    assert starred() == ["slo-learnsnap"]


def test_demo(stack: Project) -> None:
    stack.run("demo", "break", "learnsnap", "errors")
    try:
        kill(stack, "demo")
        assert "errors since" in stack.run("demo", "status")
    finally:
        stack.run("demo", "heal", "learnsnap")


def test_the_supervisor(small_stack: Project) -> None:
    """Nobody restarts the supervisor, but its orphans are found, and `up` puts all of it right."""
    before = small_stack.pids()
    orphans = small_stack.processes()
    supervisor = next(process for process in orphans if "supervisor.supervisord" in process.cmdline())
    supervisor.kill()
    wait_until(lambda: not _alive(supervisor), 10, "the supervisor is dead")
    assert "`slostack up` puts it right" in small_stack.run("status", exit_code=1)
    small_stack.run("up")
    after = small_stack.pids()
    assert set(after) == set(before)
    assert not set(after.values()) & set(before.values())
    assert not any(_alive(orphan) for orphan in orphans)


def test_down_finds_what_a_dead_supervisor_left(small_stack: Project) -> None:
    processes = small_stack.processes()
    next(process for process in processes if "supervisor.supervisord" in process.cmdline()).kill()
    small_stack.run("down")
    wait_until(_all_dead(processes), 10, "every process has ended")
    small_stack.run("up")


def _all_dead(processes: list[psutil.Process]) -> Callable[[], bool]:
    return lambda: not any(map(_alive, processes))


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
