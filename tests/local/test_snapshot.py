"""What the servers keep is destroyed, and back as it was: samples, silences, logs, users, notifications."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from slostack.deploy.local import snapshot as snapshots
from slostack.deploy.local.snapshot import default_folder, take_snapshot
from slostack.errors import SlostackError
from tests.local.project import Project, wait_until

LINE = "a line that outlives its disk"
_UNDER_WAY = 5.0
"""Seconds: a scrape that began so long before a snapshot is stored by then."""


def samples(project: Project, until: float) -> list[Any]:
    """Every sample of the hour before a time, by series."""
    asked = {"query": '{__name__=~".+"}[1h]', "time": f"{until:.3f}"}
    answer = requests.get(f"{project.url('prometheus')}/api/v1/query", params=asked, timeout=30).json()
    return sorted(answer["data"]["result"], key=lambda series: sorted(series["metric"].items()))


def lines(project: Project) -> list[str]:
    """The log lines of the test's stream."""
    url = f"{project.url('loki')}/loki/api/v1/query_range"
    answer = requests.get(url, params={"query": '{job="snapshot"}'}, timeout=10)
    return [line for stream in answer.json()["data"]["result"] for _, line in stream["values"]] if answer.ok else []


def silences(project: Project) -> list[tuple[str, str]]:
    """The silences, by id, with their comment."""
    answer = requests.get(f"{project.url('alertmanager')}/api/v2/silences", timeout=10).json()
    return [(each["id"], each["comment"]) for each in answer]


def theme(project: Project, chosen: str | None = None) -> str:
    """What Grafana's database has of its admin, after it was chosen."""
    user = "admin", (project.folder.secrets("grafana") / "grafana-admin-password").read_text()
    url = f"{project.url('grafana')}/api/user/preferences"
    if chosen:
        requests.put(url, auth=user, json={"theme": chosen}, timeout=10).raise_for_status()
    return str(requests.get(url, auth=user, timeout=10).json()["theme"])


def write_something(project: Project) -> None:
    """Something in every server that is no metric of its own."""
    now = datetime.now(UTC)
    silence: Mapping[str, Any] = {
        "matchers": [{"name": "alertname", "value": "Nothing", "isRegex": False}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "test",
        "comment": "snapshot",
    }
    requests.post(f"{project.url('alertmanager')}/api/v2/silences", json=silence, timeout=10).raise_for_status()
    stored = project.folder.data("alertmanager") / "silences"
    wait_until(lambda: stored.is_file() and b"snapshot" in stored.read_bytes(), 30, "the silence is on disk")
    stream: Mapping[str, Any] = {"stream": {"job": "snapshot"}, "values": [[str(time.time_ns()), LINE]]}
    push = f"{project.url('loki')}/loki/api/v1/push"
    requests.post(push, json={"streams": [stream]}, timeout=10).raise_for_status()
    wait_until(lambda: project.query('up{job="loki"}'), 60, "Prometheus has recorded something")


def test_destroyed_data_is_back_as_it_was(small_stack: Project) -> None:
    project, has_grafana = small_stack, "grafana" in small_stack.pids()
    write_something(project)
    if has_grafana:
        theme(project, "light")
    pids = project.pids()
    project.run("snapshot")
    assert project.pids() == pids, "nothing is restarted"
    assert "expected it down: `slostack down`" in project.run("restore", exit_code=1)
    until = snapshots.snapshots(default_folder(project.root))[-1].taken.timestamp() - _UNDER_WAY
    before = samples(project, until), silences(project), lines(project)
    assert before[0]
    assert before[2] == [LINE]
    for process in project.processes():
        process.suspend()  # as a snapshot that is killed leaves them
    assert "left running" not in project.run("down")
    shutil.rmtree(project.folder.path / "data")
    project.run("restore")
    project.run("up")
    wait_until(lambda: lines(project), 30, "the log line is found again")
    assert (samples(project, until), silences(project), lines(project)) == before
    if has_grafana:
        assert theme(project) == "light"


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A project whose stack was up once."""
    for server, file in (("prometheus", "wal/00000000"), ("alertmanager", "silences")):
        path = tmp_path / ".slostack" / "local" / "data" / server / file
        path.parent.mkdir(parents=True)
        path.write_text(f"{server} of before")
    return tmp_path


def data(root: Path) -> dict[str, str]:
    """The files of the servers' data."""
    folder = root / ".slostack" / "local" / "data"
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_of_one_server_alone_and_what_was_there_is_kept(stopped: Path) -> None:
    before = data(stopped)
    taken = take_snapshot(stopped, default_folder(stopped))
    for path in (stopped / ".slostack" / "local" / "data").rglob("*"):
        if path.is_file():
            path.write_text("later")
    later = data(stopped)
    replaced = snapshots.restore_snapshot(stopped, taken, ["prometheus"])
    assert data(stopped) == {"prometheus/wal/00000000": "prometheus of before", "alertmanager/silences": "later"}
    assert replaced
    assert replaced.servers == ("prometheus",)
    snapshots.restore_snapshot(stopped, replaced, ["prometheus"])
    assert data(stopped) == later
    snapshots.restore_snapshot(stopped, taken, taken.servers)
    assert data(stopped) == before, "a snapshot stays as it was taken"


def test_blocks_are_linked_and_what_the_log_tells_is_left_out(stopped: Path) -> None:
    prometheus = stopped / ".slostack" / "local" / "data" / "prometheus"
    block = prometheus / "01BX5ZZKBKACTAV9WEVGEMMVRZ"
    for path in (block / "chunks" / "000001", block / "meta.json", prometheus / "chunks_head" / "000001"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    taken = take_snapshot(stopped, default_folder(stopped)).folder / "data" / "prometheus"
    assert taken.joinpath(block.name, "chunks", "000001").samefile(block / "chunks" / "000001")
    assert not taken.joinpath(block.name, "meta.json").samefile(block / "meta.json")
    assert not taken.joinpath("chunks_head").exists()


def test_only_the_newest_are_kept(stopped: Path) -> None:
    folder = default_folder(stopped)
    taken = [take_snapshot(stopped, folder) for _ in range(3)]
    assert snapshots.forget_older(folder, 2) == (taken[0],)
    assert [each.folder for each in snapshots.snapshots(folder)] == [each.folder for each in taken[1:]]


def test_one_that_does_not_fit_is_not_there(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(SlostackError, match=r"can't write a snapshot into .* \(.*No space left.*\), expected room"):
        take_snapshot(stopped, default_folder(stopped))
    assert list(default_folder(stopped).iterdir()) == []


def test_mistakes_are_told(stopped: Path) -> None:
    with pytest.raises(SlostackError, match="is no snapshot"):
        snapshots.read_snapshot(stopped)
    taken = take_snapshot(stopped, default_folder(stopped))
    with pytest.raises(SlostackError, match="has nothing of grafana, expected some of alertmanager, prometheus"):
        snapshots.restore_snapshot(stopped, taken, ["grafana"])
    shutil.rmtree(stopped / ".slostack" / "local" / "data")
    with pytest.raises(SlostackError, match="is empty, expected data"):
        take_snapshot(stopped, default_folder(stopped))
