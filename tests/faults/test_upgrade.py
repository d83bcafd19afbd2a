"""The pinned versions read what older ones wrote: samples in blocks and in the log, silences, and lines."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from slostack.servers import versions
from tests.faults.load import exporter, stored_lines, stored_ticks, writer
from tests.faults.older import older
from tests.faults.stack import loaded_project
from tests.local.project import wait_until
from tests.processes import free_port, running

TICKS, LINES = 10, 100
BLOCK = "written_by_an_older_version"
_BLOCK_TIME = datetime.now(UTC) - timedelta(hours=6)


def test_prometheus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    executable, version = older("prometheus")
    with exporter(100) as load, loaded_project(tmp_path / "project", load.address, demo=False) as project:
        data = project.folder.data("prometheus")
        data.mkdir(parents=True)
        _write_block(executable.with_name("promtool"), data, tmp_path)
        config = tmp_path / "older.yml"
        scrape = f"{{job_name: loaded, scrape_interval: 1s, static_configs: [{{targets: ['{load.address}']}}]}}"
        config.write_text(f"scrape_configs: [{scrape}]\n")
        with _older(executable, f"--config.file={config}", f"--storage.tsdb.path={data}", log=tmp_path / "log") as url:
            wait_until(lambda: len(load.answered) > TICKS, 60, "it has scraped")
            wait_until(lambda: len(stored_ticks(url, 3600)) >= TICKS, 60, "it has stored")
            ticks, in_block = stored_ticks(url, 3600), _of_block(url)
        assert in_block
        project.run("up")
        assert ticks - stored_ticks(project.url("prometheus"), 3600) == set()
        assert _of_block(project.url("prometheus")) == in_block
    with capsys.disabled():
        print(f"\nprometheus {version} → {versions()['prometheus'].version}")


def test_alertmanager(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    executable, version = older("alertmanager")
    with exporter(1) as load, loaded_project(tmp_path / "project", load.address, demo=False) as project:
        data = project.folder.data("alertmanager")
        data.mkdir(parents=True)
        config = tmp_path / "older.yml"
        config.write_text("{route: {receiver: nobody}, receivers: [{name: nobody}]}\n")
        alone = "--cluster.listen-address="
        with _older(
            executable, f"--config.file={config}", f"--storage.path={data}", alone, log=tmp_path / "log"
        ) as url:
            now = datetime.now(UTC)
            silence: dict[str, Any] = {
                "matchers": [{"name": "alertname", "value": "Nothing", "isRegex": False}],
                "startsAt": now.isoformat(),
                "endsAt": (now + timedelta(hours=1)).isoformat(),
                "createdBy": "test",
                "comment": "kept",
            }
            requests.post(f"{url}/api/v2/silences", json=silence, timeout=10).raise_for_status()
            before = _silences(url)
        assert before
        project.run("up")
        assert _silences(project.url("alertmanager")) == before
    with capsys.disabled():
        print(f"\nalertmanager {version} → {versions()['alertmanager'].version}")


def test_loki(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    executable, version = older("loki")
    began = time.time()
    with exporter(1) as load, loaded_project(tmp_path / "project", load.address, demo=False) as project:
        project.run("up")
        project.run("down")
        shutil.rmtree(project.folder.data("loki"))
        url = project.url("loki")
        command: list[str | Path] = [executable, f"-config.file={project.folder.config}/loki/loki.yaml"]
        with running(command, tmp_path / "log") as process:
            wait_until(lambda: _is_ready(url, "/ready"), 60, f"{executable} is ready")
            with writer(url) as written:
                wait_until(lambda: len(written.taken) > LINES, 60, "lines are taken")
                requests.post(f"{url}/flush", timeout=60).raise_for_status()
                chunks = project.folder.data("loki") / "chunks"
                wait_until(lambda: any(chunks.glob("fake/*")), 60, "chunks are stored")
                stored = len(written.taken)
                wait_until(lambda: len(written.taken) > stored + LINES, 60, "lines are in the log alone")
            process.terminate()
            assert process.wait(timeout=60) == 0, (tmp_path / "log").read_text()
        project.run("up")
        assert set(written.taken) - stored_lines(url, began) == set()
    with capsys.disabled():
        print(f"\nloki {version} → {versions()['loki'].version}")


@contextmanager
def _older(executable: Path, *arguments: str, log: Path) -> Iterator[str]:
    """The URL of an older server, which is told to end at the end, and has."""
    address = f"127.0.0.1:{free_port()}"
    with running([executable, *arguments, f"--web.listen-address={address}"], log) as process:
        wait_until(lambda: _is_ready(f"http://{address}"), 60, f"{executable} is ready")
        yield f"http://{address}"
        process.terminate()
        assert process.wait(timeout=60) == 0, log.read_text()


def _is_ready(url: str, path: str = "/-/ready") -> bool:
    try:
        return requests.get(f"{url}{path}", timeout=5).ok
    except requests.RequestException:
        return False


def _write_block(promtool: Path, data: Path, scratch: Path) -> None:
    """A block of an hour, six hours ago."""
    lines = (f"{BLOCK} {n} {_BLOCK_TIME.timestamp() + 60 * n:.0f}\n" for n in range(60))
    text = scratch / "block.om"
    text.write_text("".join([*lines, "# EOF\n"]))
    subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", text, data], check=True, capture_output=True)


def _of_block(prometheus: str) -> list[Any]:
    answer = requests.get(f"{prometheus}/api/v1/query", params={"query": f"{BLOCK}[12h]"}, timeout=30)
    return [series["values"] for series in answer.json()["data"]["result"]]


def _silences(alertmanager: str) -> list[tuple[str, str]]:
    answer = requests.get(f"{alertmanager}/api/v2/silences", timeout=10).json()
    return [(each["id"], each["comment"]) for each in answer]
