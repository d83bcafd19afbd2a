"""The workload follows the switches at every tick."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.exposition import generate_latest

from slostack.demo.switches import STATE_FILE, switch_off, switch_on
from slostack.demo.workload import NoAnswer, Workload

SERVICE = "learnsnap"


def metrics(workload: Workload) -> bytes:
    registry = workload.metrics(f"/{SERVICE}/metrics")
    assert registry
    return generate_latest(registry)


def answers(workload: Workload) -> bool:
    try:
        return bool(metrics(workload))
    except NoAnswer:
        return False


def test_switches_are_followed_and_reported(tmp_path: Path) -> None:
    said: list[str] = []
    workload = Workload([SERVICE], tmp_path, 0.0, seed=1, report=said.append)
    workload.tick(1.0)
    assert answers(workload)
    switch_on(tmp_path, SERVICE, "outage", 1.0)
    workload.tick(2.0)
    assert not answers(workload)
    switch_off(tmp_path, SERVICE)
    workload.tick(3.0)
    assert answers(workload)
    assert said == ["learnsnap broken: outage", "learnsnap healed: outage"]


def test_a_restarted_workload_goes_on_as_broken_as_before(tmp_path: Path) -> None:
    switch_on(tmp_path, SERVICE, "backup-late", 1.0)
    switch_on(tmp_path, SERVICE, "ai-rate-limited", 1.0)
    workload = Workload([SERVICE], tmp_path, 100.0, seed=1, report=lambda _: None)
    workload.tick(101.0)
    assert b'circuit_breaker_state{provider="gemini",state="OPEN"} 1.0' in metrics(workload)


def test_switches_that_cannot_be_read_leave_everything_as_it_is(tmp_path: Path) -> None:
    said: list[str] = []
    switch_on(tmp_path, SERVICE, "outage", 1.0)
    workload = Workload([SERVICE], tmp_path, 0.0, seed=1, report=said.append)
    workload.tick(1.0)
    (tmp_path / STATE_FILE).write_text("{")
    for now in (2.0, 3.0, 4.0):
        workload.tick(now)
    assert not answers(workload)
    assert len(said) == 2
    assert "delete it to heal everything" in said[1]
    (tmp_path / STATE_FILE).unlink()
    workload.tick(5.0)
    assert answers(workload)


def test_the_same_seed_gives_the_same_metrics_and_log(tmp_path: Path) -> None:
    switch_on(tmp_path, SERVICE, "errors", 1.0)

    def play(seed: int) -> tuple[bytes, list[object]]:
        workload = Workload([SERVICE], tmp_path, 0.0, seed=seed, report=lambda _: None)
        log = [line for second in range(1, 120) for line in workload.tick(float(second))[SERVICE]]
        return metrics(workload), list(log)

    assert play(1) == play(1)
    assert play(1) != play(2)


def test_what_is_not_played_is_not_there(tmp_path: Path) -> None:
    workload = Workload([SERVICE], tmp_path, 0.0)
    assert [workload.metrics(path) for path in ("/", "/metrics", "/shop/metrics", f"/{SERVICE}/health")] == [None] * 4
    assert workload.metrics("/probe", "https://shop.example/health") is None


def test_a_probe_tells_of_an_outage_and_of_a_path_that_is_out_of_reach(tmp_path: Path) -> None:
    workload = Workload([SERVICE], tmp_path, 0.0, report=lambda _: None)

    def probe() -> bytes:
        registry = workload.metrics("/probe", f"https://{SERVICE}.example/health")
        assert registry
        return generate_latest(registry)

    def handshake() -> bytes:
        registry = workload.metrics("/probe", f"{SERVICE}.example:443")
        assert registry
        return generate_latest(registry)

    assert b"probe_success 1.0" in probe()
    assert b"probe_success 1.0" in handshake()
    assert b"probe_http_status_code" in probe()
    assert b"probe_http_status_code" not in handshake()
    switch_on(tmp_path, SERVICE, "outage", 1.0)
    workload.tick(2.0)
    assert b"probe_success 0.0" in probe()
    with pytest.raises(NoAnswer):
        workload.metrics(f"/{SERVICE}/metrics")
