"""How long rendering thousands of SLO files takes from cold, beside `sloth generate`, and the memory that it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import psutil

from slostack.errors import SlostackError

SIZES = (1_000, 5_000)
RUNS = 5
MOST_STARTING_SECONDS = 0.3
MOST_MEGABYTES = 300
SLOSTACK = Path(sys.executable).with_name("slostack")
SLOTH = shutil.which("sloth")
_SAMPLING_SECONDS = 0.01
_AS_INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Modules are compiled once, when they are installed or first used."""
Result = TypeVar("Result")


def main() -> bool:
    """Prints the tables; whether the figures are met."""
    with tempfile.TemporaryDirectory() as scratch:
        return all([_starting(Path(scratch) / "one"), *(_rendering(Path(scratch) / f"{n}", n) for n in SIZES)])


def _starting(folder: Path) -> bool:
    """How soon the command answers."""
    write_files(folder, 1)
    rows: dict[str, Sequence[str | Path]] = {
        "slostack --help": [SLOSTACK, "--help"],
        "slostack render --rules-only, one service": [SLOSTACK, "--root", folder, "render", "--rules-only"],
        "slostack render, one service": [SLOSTACK, "--root", folder, "render"],
    }
    print(f"\n{'from a cold start, the best of ' + str(RUNS):<48}{'seconds':>16}")
    met = True
    for name, command in rows.items():
        _run(command)
        seconds = min(elapsed(command) for _ in range(RUNS))
        met &= seconds < MOST_STARTING_SECONDS
        print(f"{name:<48}{seconds:>16.2f}")
    print(f"each under {MOST_STARTING_SECONDS} s: {_verdict(met)}")
    return met


def _rendering(folder: Path, slos: int) -> bool:
    """Rules alone, from one SLO file per service to one rule file each."""
    write_files(folder, slos)
    ours: Sequence[str | Path] = [SLOSTACK, "--root", folder, "render", "--rules-only"]
    theirs: Sequence[str | Path] = [SLOTH or "sloth", "generate", "-i", folder / "sloth", "-o", folder / "sloth-rules"]
    rules, sloths = folder / "alert_rules", folder / "sloth-rules"
    best = {"slostack": float("inf"), "sloth": float("inf")}
    for _ in range(RUNS):
        best["slostack"] = min(best["slostack"], _from_cold(rules, lambda: elapsed(ours)))
        if SLOTH:
            best["sloth"] = min(best["sloth"], _from_cold(sloths, lambda: elapsed(theirs)))
    largest, together = _from_cold(rules, lambda: megabytes(ours))
    print(f"\n{f'{slos:,} SLOs, a file each, rules only, best of {RUNS}':<48}{'seconds':>16}{'ms per SLO':>16}")
    for name, seconds in best.items():
        if seconds < float("inf"):
            print(f"{name:<48}{seconds:>16.2f}{seconds / slos * 1000:>16.2f}")
    print(f"memory: {largest:.0f} MB in the largest process, {together:.0f} MB in all together")
    met = together < MOST_MEGABYTES
    print(f"under {MOST_MEGABYTES} MB: {_verdict(met)}")
    if not SLOTH:
        print("no sloth on PATH to stand beside it")
        return met
    ratio = best["slostack"] / best["sloth"]
    print(f"{ratio:.2f} times the time of sloth, at most 1: {_verdict(ratio <= 1)}")
    return met and ratio <= 1


def _verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def _from_cold(output: Path, run: Callable[[], Result]) -> Result:
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir()
    return run()


def _run(command: Sequence[str | Path], folder: Path | None = None) -> None:
    """Raises SlostackError with what a command says that fails."""
    answer = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=_AS_INSTALLED, cwd=folder
    )
    if answer.returncode:
        raise SlostackError(f"{' '.join(map(str, command))}: {answer.stderr.strip()}")


def elapsed(command: Sequence[str | Path], folder: Path | None = None) -> float:
    """How long a command takes, run in a folder (the present one), in seconds."""
    start = time.perf_counter()
    _run(command, folder)
    return time.perf_counter() - start


def megabytes(command: Sequence[str | Path]) -> tuple[float, float]:
    """The most memory (resident) that its largest process held, and that all of them held together."""
    largest, together = 0, 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        tree = psutil.Process(running.pid)
        while running.poll() is None:
            held = [_resident(process) for process in (tree, *_children(tree))]
            largest, together = max(largest, *held), max(together, sum(held))
            time.sleep(_SAMPLING_SECONDS)
    return largest / 1e6, together / 1e6


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def write_files(root: Path, slos: int) -> None:
    """A project of as many services of one SLO each, and the same SLOs as sloth's."""
    for folder in ("slos", "sloth", "runbooks/shared"):
        (root / folder).mkdir(parents=True)
    (root / "runbooks/shared/burn.md").write_text("# Burn\n", encoding="utf-8")
    for number in range(slos):
        name = f"service-{number:04}"
        (root / "slos" / f"{name}.yaml").write_text(slo_file(name, f"team-{number % 20}"), encoding="utf-8")
        (root / "sloth" / f"{name}.yaml").write_text(_sloth_file(name, f"team-{number % 20}"), encoding="utf-8")


def slo_file(service: str, team: str) -> str:
    """The SLO file of a service with one ratio SLO."""
    return f"""\
service: {service}
description: A service for measuring
team: {team}
scrape:
  - {{job: {service}, path: /metrics, interval: 15s, timeout: 10s}}
slos:
  - name: availability
    description: A request is answered without a server error
    objective: 99.9
    window: 30d
    sli:
      events:
        bad: http_requests_total{{job="{service}",status=~"5.."}}
        total: http_requests_total{{job="{service}"}}
    runbook: shared/burn.md
"""


def _sloth_file(service: str, team: str) -> str:
    return f"""\
version: prometheus/v1
service: {service}
labels: {{team: {team}}}
slos:
  - name: availability
    objective: 99.9
    description: A request is answered without a server error
    sli:
      events:
        error_query: sum(rate(http_requests_total{{job="{service}",status=~"5.."}}[{{{{.window}}}}]))
        total_query: sum(rate(http_requests_total{{job="{service}"}}[{{{{.window}}}}]))
    alerting:
      name: ErrorBudgetBurn
      annotations: {{runbook_url: "https://runbooks.invalid/shared/burn.md"}}
      page_alert: {{labels: {{severity: critical}}}}
      ticket_alert: {{labels: {{severity: medium}}}}
"""
