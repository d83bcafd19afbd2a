"""A Prometheus on two processors with the rules of a thousand SLOs: how much of each group's interval they take."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.load import PROCESSORS, SERIES, Counted, evaluated, metric, prometheus_with_slos
from bench.render import write_files
from slostack import names
from slostack.rule_files import write_rule_files

SLOS = 1_000
MOST_SHARE = 0.1


def main() -> bool:
    """Prints the table; whether the figures are met."""
    print(f"\na Prometheus on {PROCESSORS} processors with the rules of {SLOS:,} SLOs, {len(SERIES)} raw series each")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "project"
        write_files(root, SLOS)
        write_rule_files(root)
        services = [f"service-{number:04}" for number in range(SLOS)]
        slos = [Counted(service, "availability", f'job="{service}"') for service in services]
        with prometheus_with_slos(root, slos, Path(scratch)) as url:
            started = time.time()
            groups = evaluated(url, SLOS)
            busy = metric(url, "process_cpu_seconds") / (time.time() - started)
    worst = max(groups, key=lambda group: group.share)
    for kind, interval in (("slo", names.EVALUATION_INTERVAL), ("tier", names.TIER_INTERVAL)):
        durations = sorted(group.duration for group in groups if group.is_of(kind))
        middle, longest = durations[len(durations) // 2], durations[-1]
        print(
            f"{len(durations):,} groups {kind}/… every {interval}: half within {middle * 1000:.0f} ms, "
            f"all within {longest * 1000:.0f} ms"
        )
    shares = sum(group.share for group in groups)
    print(f"all groups together take {shares:.2f} s of each second; Prometheus kept {busy:.2f} processors busy")
    met = worst.share < MOST_SHARE and len(groups) == 2 * SLOS
    print(f"the slowest, {worst.name.rpartition(';')[2]}, takes {worst.share:.2%} of its interval")
    print(f"under {MOST_SHARE:.0%}: {'met' if met else 'MISSED'}")
    return met
