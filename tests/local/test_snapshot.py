"""What the servers keep is destroyed, and back as it was: samples, silences, logs, users, notifications."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from slostack.cli import cli
from slostack.deploy.local import snapshot as snapshots
from slostack.deploy.local.copying import FolderCopy
from slostack.deploy.local.snapshot import default_folder, take_snapshot
from slostack.deploy.local.supervisor_config import STATE_VARIABLE
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


@pytest.mark.parametrize(("wrote", "warned"), [("99.0.0", True), ("1.0.0", False), (None, False)])
def test_data_of_a_later_version_are_told(
    stopped: Path, capsys: pytest.CaptureFixture[str], wrote: str | None, warned: bool
) -> None:
    taken = take_snapshot(stopped, default_folder(stopped))
    description = taken.folder / snapshots._DESCRIPTION
    versions = {"prometheus": wrote} if wrote else {}
    description.write_text(json.dumps({**json.loads(description.read_text()), "versions": versions}))
    cli.main(["--root", str(stopped), "restore"], standalone_mode=False)
    assert ("prometheus 99.0.0 wrote these data, later than the" in capsys.readouterr().err) == warned


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


TAKING = """
import signal
from slostack.cli import main
signal.signal(signal.SIGHUP, signal.SIG_DFL)
main()
"""
"""`slostack`, also where the tests run under nohup."""


@contextmanager
def writer(root: Path) -> Iterator[psutil.Process]:
    """A process of the stack, and enough of its data for a signal to reach a snapshot while it is copied."""
    chunks = root / ".slostack" / "local" / "data" / "loki" / "chunks"
    chunks.mkdir(parents=True)
    for number in range(3000):
        (chunks / f"{number}").write_bytes(b"x" * 1000)
    marked = {**os.environ, STATE_VARIABLE: str((root / ".slostack" / "local").resolve())}
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], env=marked) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_leaves_nothing_stopped_and_nothing_behind(stopped: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", TAKING, "--root", str(stopped), "snapshot"]
    with writer(stopped) as process, subprocess.Popen(command) as taking:
        while process.status() != psutil.STATUS_STOPPED:
            assert taking.poll() is None, "it has ended before it was seen to stop anything"
        taking.send_signal(number)
        assert taking.wait() in (-number, 128 + number)
        wait_until(lambda: process.status() != psutil.STATUS_STOPPED, 5, "what was stopped goes on")
        left = list(default_folder(stopped).iterdir())
        assert left == [] or number == signal.SIGKILL
    taken = take_snapshot(stopped, default_folder(stopped))
    assert list(default_folder(stopped).iterdir()) == [taken.folder], "what was left is gone"


def test_what_rests_is_copied_before_anything_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, target = tmp_path / "data", tmp_path / "copy"
    for name in ("old", "edited", "young", "gone", "folder/gone", "log/1"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(name)
        if name != "young":
            os.utime(data / name, (time.time() - 60,) * 2)
    copied: list[str] = []
    copy2 = shutil.copy2

    def noted(path: str, own: Path) -> None:
        copied.append(own.name)
        copy2(path, own)

    monkeypatch.setattr(shutil, "copy2", noted)
    copy = FolderCopy(data, target, never_edited=re.compile(""), left_out=re.compile("log"))
    known = copy.while_written({})
    assert sorted(copied) == ["edited", "gone", "gone", "old"]
    assert sorted(path.name for path in target.iterdir()) == ["edited", "folder", "gone", "old"]
    (data / "edited").write_text("another")
    (data / "gone").unlink()
    shutil.rmtree(data / "folder")
    copied.clear()
    copy.at_rest(copy.while_written(known))
    assert sorted(copied) == ["edited", "young"]
    assert {path.name: path.read_text() for path in target.iterdir()} == {
        "old": "old",
        "edited": "another",
        "young": "young",
    }


def test_what_vanishes_while_it_is_copied_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, nothing = tmp_path / "data", re.compile("")
    (data / "block").mkdir(parents=True)
    (data / "block" / "index").write_text("index")
    os.utime(data / "block" / "index", (time.time() - 60,) * 2)

    def vanish(path: str, _: Path) -> None:
        shutil.rmtree(data / "block")
        raise FileNotFoundError(path)

    monkeypatch.setattr(shutil, "copy2", vanish)
    copy = FolderCopy(data, tmp_path / "copy", nothing, nothing)
    copy.at_rest(copy.while_written({}))
    assert list((tmp_path / "copy").iterdir()) == []


def test_a_restore_that_is_killed_loses_nothing(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = data(stopped)
    taken = take_snapshot(stopped, default_folder(stopped))
    rename, renamed = Path.rename, []

    def killed_at_the_last(path: Path, target: Path) -> Path:
        renamed.append(path)
        if len(renamed) == 4:
            raise KeyboardInterrupt
        return rename(path, target)

    for path in (stopped / ".slostack" / "local" / "data").rglob("*"):
        if path.is_file():
            path.write_text(f"later than {path.read_text()}")
    monkeypatch.setattr(Path, "rename", killed_at_the_last)
    with pytest.raises(KeyboardInterrupt):
        snapshots.restore_snapshot(stopped, taken, taken.servers)
    texts = [path.read_text() for path in (stopped / ".slostack").rglob("*") if path.is_file()]
    assert {f"later than {text}" for text in before.values()} <= set(texts)
    monkeypatch.undo()
    cli.main(["--root", str(stopped), "restore"], standalone_mode=False)
    assert data(stopped) == before, "of the one that was taken, not of what was moved away"


def test_a_restore_that_moves_nothing_leaves_nothing(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, rename = take_snapshot(stopped, default_folder(stopped)), Path.rename

    def elsewhere(path: Path, target: Path) -> Path:
        if path.parent.name == "data":
            raise OSError(18, "Invalid cross-device link")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", elsewhere)
    with pytest.raises(SlostackError, match=rf"cross-device.*then `slostack restore {taken.folder}`"):
        snapshots.restore_snapshot(stopped, taken, taken.servers)
    assert [each.folder for each in snapshots.snapshots(default_folder(stopped))] == [taken.folder]


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
