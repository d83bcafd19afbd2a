"""`python -m slostack.demo` as a process, over HTTP."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from slostack.demo.switches import is_running, switch_off, switch_on
from tests.unit.demo.fake_loki import fake_loki

SECONDS = 20


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"not within {SECONDS} s: {what}"
        time.sleep(0.05)


@contextmanager
def demo(state: Path, port: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "slostack.demo", "--port", str(port), "--state", str(state), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def metrics(port: int) -> str:
    """The exposition; empty while nothing answers."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    except requests.ConnectionError:
        return ""


def test_the_workload_is_scraped_broken_killed_and_stopped(tmp_path: Path) -> None:
    port = free_port()
    with fake_loki() as loki, demo(tmp_path, port, "--loki", loki.url, "--seed", "1") as process:
        wait_until(lambda: "http_requests_total" in metrics(port), "metrics")
        assert is_running(tmp_path)
        assert requests.get(f"http://127.0.0.1:{port}/health", timeout=5).json()["status"] == "ok"
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 404
        wait_until(lambda: len(loki.lines) > 0, "log lines")

        switch_on(tmp_path, "learnsnap", "outage", time.time())
        wait_until(lambda: metrics(port) == "", "an outage")
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/health", timeout=5)
        process.kill()
        process.wait(SECONDS)
        assert not is_running(tmp_path)

    with demo(tmp_path, port) as process:
        wait_until(lambda: is_running(tmp_path), "the demo")
        process_answers_nothing = lambda: metrics(port) == ""  # noqa: E731
        wait_until(process_answers_nothing, "the outage after a restart")
        switch_off(tmp_path, "learnsnap")
        wait_until(lambda: "http_requests_total" in metrics(port), "the end of the outage")
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
        assert process.stdout
        assert "Traceback" not in process.stdout.read()


def test_a_second_demo_and_a_taken_port_are_one_clear_line(tmp_path: Path) -> None:
    port = free_port()
    with demo(tmp_path / "one", port):
        wait_until(lambda: metrics(port) != "", "metrics")
        for state, said in (("one", "another demo already runs"), ("two", f"can't listen on 127.0.0.1:{port}")):
            with demo(tmp_path / state, port) as other:
                assert other.wait(SECONDS) == 1
                assert other.stdout
                [line] = other.stdout.read().splitlines()
                assert said in line
