"""How many resources a stack has depends on no SLO."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.preview import ROOT, write_project


def resources(root: Path, services: int, slos: int) -> int:
    """How many resources the preview of prod registers for a project, checked by the servers' own tools."""
    write_project(root, services, slos)
    command = (sys.executable, "-m", "bench.preview_program", root, "prod")
    return int(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)


def test_no_slo_is_a_resource(tmp_path: Path) -> None:
    with_one, with_five = resources(tmp_path / "one", 4, 1), resources(tmp_path / "five", 4, 5)
    assert with_one == with_five > 50


def test_a_service_is_a_shard_of_rules_and_one_of_dashboards_at_most(tmp_path: Path) -> None:
    assert 0 <= resources(tmp_path / "five", 5, 1) - resources(tmp_path / "four", 4, 1) <= 2
