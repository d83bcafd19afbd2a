"""What a preview of prod costs for thousands of SLOs, and how many resources it registers."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.render import megabytes
from slostack import plain_yaml

ROOT = Path(__file__).parents[1]
SIZES = ((10, 1), (10, 5), (1_000, 1), (1_000, 5))
SHARDS = 1024
"""What 1,000 services with 5 SLOs each need: their rules are 93 MB, of which a ConfigMap holds one."""
MOST_SECONDS = 60
MOST_MEGABYTES = 1_000


def main() -> bool:
    """Prints the table; whether the figures are met."""
    print(f"\n{'preview of prod, checked by promtool':<40}{'seconds':>12}{'MB':>12}{'resources':>12}")
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for services, slos in SIZES:
            root = Path(scratch) / f"{services}-{slos}"
            write_project(root, services, slos)
            command = (sys.executable, "-m", "bench.preview_program", root, "prod")
            start = time.perf_counter()
            resources = int(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
            seconds = time.perf_counter() - start
            largest, _ = megabytes(command)
            print(f"{f'{services:,} services, {slos} SLOs each':<40}{seconds:>12.1f}{largest:>12.0f}{resources:>12,}")
            found[services, slos] = seconds, largest, resources
    seconds, largest, _ = found[SIZES[-1]]
    met = seconds < MOST_SECONDS and largest < MOST_MEGABYTES
    met &= all(found[services, 1][2] == found[services, 5][2] for services in (10, 1_000))
    print(f"under {MOST_SECONDS} s and {MOST_MEGABYTES:,} MB, no resource more per SLO: {'met' if met else 'MISSED'}")
    return met


def write_project(root: Path, services: int, slos: int) -> None:
    """A project of as many services with as many SLOs each, all watched by prod."""
    names = [f"service-{number:04}" for number in range(services)]
    write_stack(root, names)
    for name in names:
        (root / "slos" / f"{name}.yaml").write_text(_slo_file(name, slos), encoding="utf-8")


def write_stack(root: Path, services: Sequence[str]) -> None:
    """A project whose prod watches services, without their SLO files."""
    for folder in ("slos", "stacks", "runbooks/shared"):
        (root / folder).mkdir(parents=True)
    for file in ("__main__.py", "teams.yaml"):
        shutil.copy(ROOT / file, root)
    (root / "runbooks/shared/burn.md").write_text("# Burn\n", encoding="utf-8")
    stack = plain_yaml.load((ROOT / "stacks/Pulumi.prod.yaml").read_text(encoding="utf-8"))
    stack["config"]["slostack:services"] = {name: {"targets": [f"{name}:8080"]} for name in services}
    stack["config"]["slostack:kubernetes"]["shards"] = SHARDS
    (root / "stacks/Pulumi.prod.yaml").write_text(plain_yaml.dump(stack), encoding="utf-8")


def _slo_file(service: str, slos: int) -> str:
    routes = [f'job="{service}",route="/{number}"' for number in range(slos)]
    document = {
        "service": service,
        "description": "A service for measuring",
        "team": "platform",
        "scrape": [{"job": service}],
        "slos": [
            {
                "name": f"route-{number}",
                "description": "A request is answered without a server error",
                "objective": 99.9,
                "sli": {
                    "events": {
                        "bad": f'http_requests_total{{{route},status=~"5.."}}',
                        "total": f"http_requests_total{{{route}}}",
                    }
                },
                "runbook": "shared/burn.md",
            }
            for number, route in enumerate(routes)
        ],
    }
    return plain_yaml.dump(document)
