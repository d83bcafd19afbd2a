"""How long a backtest of 30 days takes, and the memory that it needs: of one SLO and of a thousand, all of them edited.

A real Prometheus holds what a few SLOs recorded every 30 s; a thousand are replayed from a file that has those over
and over.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil

from bench.prometheus import prometheus_with
from bench.render import slo_file
from slostack import names
from slostack.backtest import Prometheus, PrometheusSource, Span, last_days, recording
from slostack.backtest.fetch import short_windows
from slostack.backtest.file import BELOW
from slostack.backtest.history import Floats, History
from slostack.backtest.subjects import Version
from slostack.spec import parse_service

DAYS, END = 30, 1_800_000_000
STEP, COUNT_STEP = names.EVALUATION_INTERVAL.seconds, names.TIER_INTERVAL.seconds
HELD, MANY = 4, 1_000
INCIDENTS = 15
MOST_SECONDS_OF_ONE, MOST_SECONDS_OF_MANY, MOST_MEGABYTES = 2.0, 300.0, 1_000.0
SLOSTACK = Path(sys.executable).with_name("slostack")
_SAMPLING_SECONDS = 0.05


@dataclass(frozen=True)
class Run:
    """One run of the command: seconds, those of them on a processor, and the megabytes that it held at most."""

    seconds: float
    processor: float
    megabytes: float


def main() -> bool:
    """Prints the table; whether the figures are met."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        few, many = folder / "few", folder / "many"
        for root, services in ((few, HELD), (many, MANY)):
            _edited_project(root, services)
        versions = [_version(number) for number in range(MANY)]
        (folder / "prometheus").mkdir()
        lines = (line for version in versions[:HELD] for line in _lines(version))
        with prometheus_with([*lines, "# EOF\n"], folder / "prometheus") as url:
            asked = ("--prometheus", url, "--until", datetime.fromtimestamp(END, UTC).isoformat())
            rows = {
                "one SLO, from Prometheus": _run(few, *asked, "--slo", "service-0000"),
                f"{HELD} SLOs, from Prometheus": _run(few, *asked),
            }
            _run(few, *asked, "--slo", "service-0000", "--record", str(folder / "one.zip"))
            held = PrometheusSource(Prometheus(url), last_days(DAYS, datetime.fromtimestamp(END, UTC)), BELOW)
            histories = [held.histories([version], version) for version in versions[:HELD]]
        with recording(folder / "many.zip", _Repeated(held.span, histories)) as source:
            for version in versions:
                source.histories([version], version)
        rows["one SLO, from a file"] = _run(few, "--from", str(folder / "one.zip"), "--slo", "service-0000")
        rows[f"{MANY} SLOs, from a file"] = _run(many, "--from", str(folder / "many.zip"))
        size = (folder / "many.zip").stat().st_size / 1e6
    print(
        f"\n{f'{DAYS} days every {STEP} s, before and after an edit':<48}{'seconds':>12}{'of CPU':>12}{'MB held':>12}"
    )
    for name, run in rows.items():
        print(f"{name:<48}{run.seconds:>12.2f}{run.processor:>12.2f}{run.megabytes:>12.0f}")
    each = (rows[f"{HELD} SLOs, from Prometheus"].seconds - rows["one SLO, from Prometheus"].seconds) / (HELD - 1)
    print(f"a further SLO from Prometheus takes {each:.2f} s, {MANY} of them {each * MANY:.0f} s")
    print(f"the file of {MANY} SLOs has {size:.0f} MB")
    many_run = rows[f"{MANY} SLOs, from a file"]
    met = (
        max(run.seconds for name, run in rows.items() if name.startswith("one")) < MOST_SECONDS_OF_ONE
        and many_run.seconds < MOST_SECONDS_OF_MANY
        and each * MANY < MOST_SECONDS_OF_MANY
        and many_run.megabytes < MOST_MEGABYTES
    )
    print(
        f"one in under {MOST_SECONDS_OF_ONE:.0f} s, {MANY} in under {MOST_SECONDS_OF_MANY:.0f} s and "
        f"{MOST_MEGABYTES:.0f} MB: {'met' if met else 'MISSED'}"
    )
    return met


@dataclass(frozen=True)
class _Repeated:
    """The same few histories for ever more SLOs."""

    span: Span
    found: Sequence[tuple[History, ...]]
    name: str = "made up"

    def histories(self, versions: Sequence[Version], recorded: Version | None) -> tuple[History, ...]:
        return self.found[int(versions[0].service.service[-4:]) % len(self.found)]


def _version(number: int) -> Version:
    service = parse_service(slo_file(_name(number), "team"), "bench.yaml")
    return Version(service, service.slos[0])


def _name(number: int) -> str:
    return f"service-{number:04}"


def _edited_project(root: Path, services: int) -> None:
    """A project in a repository, with another objective in every file since the last commit."""
    (root / "runbooks/shared").mkdir(parents=True)
    (root / "runbooks/shared/burn.md").write_text("# Burn\n", encoding="utf-8")
    (root / "slos").mkdir()
    for number in range(services):
        (root / "slos" / f"{_name(number)}.yaml").write_text(slo_file(_name(number), "team"), encoding="utf-8")
    git = ("git", "-C", str(root), "-c", "user.name=bench", "-c", "user.email=bench@example.org")
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "before")):
        subprocess.run([*git, *arguments], check=True)
    for file in (root / "slos").iterdir():
        file.write_text(file.read_text(encoding="utf-8").replace("99.9\n", "99.8\n"), encoding="utf-8")


def _lines(version: Version) -> Iterator[str]:
    """What an SLO recorded, as OpenMetrics: of a busy service with some noise and some incidents."""
    identity = names.identity(version.service.service, version.slo.name)
    at = np.arange(END - DAYS * 86400, END + 1, STEP)
    for name, values in _recorded(version, len(at)).items():
        step = COUNT_STEP // STEP if "count" in name else 1
        times = zip(at[::step].tolist(), values[::step].tolist(), strict=True)
        yield "".join([f"{name}{{{identity}}} {value!r} {time}\n" for time, value in times])


def _recorded(version: Version, length: int) -> Mapping[str, Floats]:
    draw = np.random.default_rng(int(version.service.service[-4:]))
    moments = random.Random(version.service.service)
    failing = np.full(length, 0.0002)
    for _ in range(INCIDENTS):
        start, lasts = moments.randrange(length), moments.randrange(10, 360)
        failing[start : start + lasts] = 10 ** moments.uniform(-2.5, 0)
    events = draw.poisson(40 * STEP * (1.2 - np.cos(np.arange(length) * 2 * np.pi * STEP / 86400)), length)
    bad = np.cumsum(draw.binomial(events, failing)).astype(np.float64)
    total = np.cumsum(events).astype(np.float64)
    found = {names.OBJECTIVE: np.full(length, 0.999), names.tier(names.WINDOW_EVENTS): total}
    for window in short_windows([version]):
        in_window, bad_in_window = (_grown(counter, window.seconds // STEP) for counter in (total, bad))
        found[names.event_rate(window)] = in_window / window.seconds
        found[names.error_ratio(window)] = bad_in_window / in_window
    found[names.EVENTS] = _grown(total, COUNT_STEP // STEP)
    found[names.BAD_EVENTS] = _grown(bad, COUNT_STEP // STEP)
    return found


def _grown(counter: Floats, steps: int) -> Floats:
    """How much a counter grew in so many steps."""
    grown = counter.copy()
    grown[steps:] -= counter[:-steps]
    return grown


def _run(root: Path, *arguments: str) -> Run:
    started, held, processor = time.monotonic(), 0, 0.0
    command: list[str | Path] = [SLOSTACK, "--root", root, "backtest", "--format", "json", *arguments]
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE, text=True) as running,
    ):
        process = psutil.Process(running.pid)
        while running.poll() is None:
            held, times = max(held, process.memory_info().rss), process.cpu_times()
            processor = times.user + times.system
            time.sleep(_SAMPLING_SECONDS)
        assert running.stderr
        assert running.returncode == 0, running.stderr.read()
    return Run(time.monotonic() - started, processor, held / 1e6)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
