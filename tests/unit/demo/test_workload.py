"""The workload follows the switches at every tick."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.exposition import generate_latest

from slostack.demo.switches import STATE_FILE, switch_off, switch_on
from slostack.demo.workload import SERVICE, Workload


def test_switches_are_followed_and_reported(tmp_path: Path) -> None:
    said: list[str] = []
    workload = Workload(tmp_path, 0.0, seed=1, report=said.append)
    workload.tick(1.0)
    assert workload.answers
    switch_on(tmp_path, SERVICE, "outage", 1.0)
    workload.tick(2.0)
    assert not workload.answers
    switch_off(tmp_path, SERVICE)
    workload.tick(3.0)
    assert workload.answers
    assert said == ["learnsnap broken: outage", "learnsnap healed: outage"]


def test_a_restarted_workload_goes_on_as_broken_as_before(tmp_path: Path) -> None:
    switch_on(tmp_path, SERVICE, "backup-late", 1.0)
    switch_on(tmp_path, SERVICE, "ai-rate-limited", 1.0)
    workload = Workload(tmp_path, 100.0, seed=1, report=lambda _: None)
    workload.tick(101.0)
    assert b'circuit_breaker_state{provider="gemini",state="OPEN"} 1.0' in generate_latest(workload.registry)


def test_switches_that_cannot_be_read_leave_everything_as_it_is(tmp_path: Path) -> None:
    said: list[str] = []
    switch_on(tmp_path, SERVICE, "outage", 1.0)
    workload = Workload(tmp_path, 0.0, seed=1, report=said.append)
    workload.tick(1.0)
    (tmp_path / STATE_FILE).write_text("{")
    for now in (2.0, 3.0, 4.0):
        workload.tick(now)
    assert not workload.answers
    assert len(said) == 2
    assert "delete it to heal everything" in said[1]
    (tmp_path / STATE_FILE).unlink()
    workload.tick(5.0)
    assert workload.answers


def test_the_same_seed_gives_the_same_metrics_and_log(tmp_path: Path) -> None:
    switch_on(tmp_path, SERVICE, "errors", 1.0)

    def play(seed: int) -> tuple[bytes, list[object]]:
        workload = Workload(tmp_path, 0.0, seed=seed, report=lambda _: None)
        log = [line for second in range(1, 120) for line in workload.tick(float(second))]
        return generate_latest(workload.registry), list(log)

    assert play(1) == play(1)
    assert play(1) != play(2)
