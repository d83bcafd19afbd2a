"""`python -m slostack.demo` as a process, over HTTP."""

from __future__ import annotations

import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import requests

from slostack.demo.switches import played, switch_off, switch_on
from tests.processes import SECONDS, free_port, python, wait_until
from tests.unit.demo.fake_loki import fake_loki


def demo(state: Path, port: int, *options: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    output = state.with_name(f"{state.name}.output")
    return python(
        "-m",
        "slostack.demo",
        "--service",
        "learnsnap",
        "--port",
        str(port),
        "--state",
        str(state),
        *options,
        output=output,
    )


def metrics(port: int) -> str:
    """The exposition; empty while nothing answers."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/learnsnap/metrics", timeout=5).text
    except requests.ConnectionError:
        return ""


def test_the_workload_is_scraped_broken_killed_and_stopped(tmp_path: Path) -> None:
    port, state = free_port(), tmp_path / "state"
    with fake_loki() as loki, demo(state, port, "--loki", loki.url, "--seed", "1") as process:
        wait_until(lambda: "http_requests_total" in metrics(port), "metrics")
        assert played(state) == ("learnsnap",)
        probe = f"http://127.0.0.1:{port}/probe?module=http_2xx&target=https://learnsnap.example/health"
        assert "probe_success 1.0" in requests.get(probe, timeout=5).text
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 404
        wait_until(lambda: len(loki.lines) > 0, "log lines")

        switch_on(state, "learnsnap", "outage", time.time())
        wait_until(lambda: metrics(port) == "", "an outage")
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/learnsnap/metrics", timeout=5)
        assert "probe_success 0.0" in requests.get(probe, timeout=5).text
        process.kill()
        process.wait(SECONDS)
        assert played(state) == ()

    with demo(state, port) as process:
        output = tmp_path / "state.output"
        wait_until(lambda: "learnsnap broken: outage" in output.read_text(), "the outage after a restart")
        wait_until(lambda: metrics(port) == "", "an outage")
        switch_off(state, "learnsnap")
        wait_until(lambda: "http_requests_total" in metrics(port), "the end of the outage")
        process.terminate()
        assert process.wait(SECONDS) == 0
        assert "Traceback" not in output.read_text()


def test_a_second_demo_and_a_taken_port_are_one_clear_line(tmp_path: Path) -> None:
    port = free_port()
    with demo(tmp_path / "one", port):
        wait_until(lambda: metrics(port) != "", "metrics")
        for state, said in (("one", "another demo already runs"), ("two", f"can't listen on 127.0.0.1:{port}")):
            output = tmp_path / f"{state}.second"
            options = ("--port", str(port), "--state", str(tmp_path / state))
            with python("-m", "slostack.demo", *options, output=output) as other:
                assert other.wait(SECONDS) == 1
            [line] = output.read_text().splitlines()
            assert said in line
