"""`make bench-scale`: what 100, 1,000 and 10,000 SLOs take, each number measured: `python -m bench.scale 100` for one.

The SLOs are those of services with five each. Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.load import DAYS, PROCESSORS, SERIES, Counted, evaluated, metric, prometheus_with_slos
from bench.preview import ROOT, write_project
from bench.render import SLOSTACK, elapsed
from slostack import names
from slostack.errors import SlostackError
from slostack.rule_files import write_rule_files

SIZES = (100, 1_000, 10_000)
SLOS_PER_SERVICE = 5
_RELOAD_SECONDS = 600


@dataclass(frozen=True)
class _Commands:
    """Seconds of each command, and the bytes of the rule files."""

    rules_only: float
    render: float
    validate: float
    preview: float
    rule_bytes: int


@dataclass(frozen=True)
class _Server:
    """What Prometheus tells of itself.

    The share of groups that were evaluated in time; seconds of their last evaluation, by their interval; evaluations
    left out because the one before still ran; processors that it kept busy; series in its head; resident bytes at the
    end; seconds of a reload.
    """

    evaluated: float
    short: float
    long: float
    missed: float
    processors: float
    series: float
    resident: float
    reload: float


def main(sizes: Sequence[int] = SIZES) -> None:
    """Prints the table, each row as soon as it is measured. Raises SlostackError where a server doesn't do its part."""
    print(
        f"{SLOS_PER_SERVICE} SLOs per service, {len(SERIES)} raw series and {DAYS} days of counts per SLO, "
        f"a Prometheus on {PROCESSORS} processors. s: seconds, each measured once.\n"
    )
    columns = (
        *("SLOs", "rules, MB", "render --rules-only, s", "render, s", "validate, s", "preview, s"),
        *("evaluated", f"groups of {names.EVALUATION_INTERVAL}, s", f"groups of {names.TIER_INTERVAL}, s", "missed"),
        *("processors", "series", "resident, MB", "reload, s"),
    )
    print(f"| {' | '.join(columns)} |\n|{'---:|' * len(columns)}", flush=True)
    for slos in sizes:
        print(f"| {' | '.join((f'{slos:,}', *_row(slos)))} |", flush=True)


def _row(slos: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "project"
        write_project(root, slos // SLOS_PER_SERVICE, SLOS_PER_SERVICE)
        commands = _commands(root)
        server = _server(root, slos, Path(scratch))
    yield f"{commands.rule_bytes / 1e6:,.1f}"
    for seconds in (commands.rules_only, commands.render, commands.validate, commands.preview):
        yield f"{seconds:.1f}"
    yield f"{server.evaluated:.0%}"
    yield f"{server.short:.2f}"
    yield f"{server.long:.2f}"
    yield f"{server.missed:.0f}"
    yield f"{server.processors:.2f}"
    yield f"{server.series:,.0f}"
    yield f"{server.resident / 1e6:,.0f}"
    yield f"{server.reload:.2f}"


def _commands(root: Path) -> _Commands:
    """Each from cold: no rule file nor dashboard is there yet when one renders."""
    rules = root / "alert_rules"
    rules_only = elapsed((SLOSTACK, "--root", root, "render", "--rules-only"))
    shutil.rmtree(rules)
    return _Commands(
        rules_only,
        elapsed((SLOSTACK, "--root", root, "render")),
        elapsed((SLOSTACK, "--root", root, "validate")),
        elapsed((sys.executable, "-m", "bench.preview_program", root, "prod"), folder=ROOT),
        sum(file.stat().st_size for file in rules.rglob("*.yaml")),
    )


def _server(root: Path, slos: int, folder: Path) -> _Server:
    counted = [
        Counted(service, f"route-{number}", f'job="{service}",route="/{number}"')
        for service in (f"service-{number:04}" for number in range(slos // SLOS_PER_SERVICE))
        for number in range(SLOS_PER_SERVICE)
    ]
    with prometheus_with_slos(root, counted, folder) as url:
        started, busy = time.monotonic(), metric(url, "process_cpu_seconds")
        groups = evaluated(url, slos)
        processors = (metric(url, "process_cpu_seconds") - busy) / (time.monotonic() - started)
        series = metric(url, "prometheus_tsdb_head_series")
        return _Server(
            len(groups) / (2 * slos),
            sum(group.duration for group in groups if group.is_of("slo")),
            sum(group.duration for group in groups if group.is_of("tier")),
            sum(group.missed for group in groups),
            processors,
            series,
            reload=_reload(url, root),
            resident=metric(url, "process_resident_memory_bytes"),
        )


def _reload(url: str, root: Path) -> float:
    """Seconds until Prometheus has taken another objective in one file."""
    edited = next((root / "slos").iterdir())
    edited.write_text(edited.read_text(encoding="utf-8").replace("99.9", "99.8"), encoding="utf-8")
    changed, _ = write_rule_files(root)
    assert len(changed) == 1, changed
    start = time.monotonic()
    answer = requests.post(f"{url}/-/reload", timeout=_RELOAD_SECONDS)
    if not answer.ok:
        raise SlostackError(f"Prometheus did not reload: {answer.text}")
    return time.monotonic() - start


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
