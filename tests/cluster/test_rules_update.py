"""An SLO's edit reaches a running Prometheus without a restart and without a moment without rules."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import requests

from slostack.deploy.kubernetes import kubernetes_topology
from slostack.settings import parse_settings
from slostack.stack import make_bundle
from tests.cluster.manifests import manifests, stack_program
from tests.cluster.pod_process import Machine
from tests.cluster.volumes import write_volume
from tests.components.program import ROOT, stack_config
from tests.processes import wait_until

LOADED_SECONDS = 30
OF = {"service": "learnsnap", "slo": "availability"}
_INPUTS = ("slos", "alert_rules", "dashboards", "runbooks")


def test_new_rules_are_loaded_within_30_seconds_of_the_mounted_files_change(tmp_path: Path) -> None:
    machine = Machine(manifests(stack_program("prod", "slostack")), tmp_path)
    pod = machine.pod("prometheus")
    rules = pod.root / "etc" / "prometheus" / "rules"
    before = {path.name: path.read_text() for path in rules.iterdir() if path.suffix == ".yaml"}
    after = _rules_with_another_objective(tmp_path / "project")
    assert before.keys() == after.keys()
    with pod.start() as process:
        wait_until(pod.answers, "Prometheus is ready", 60)
        loaded = _groups(pod.url)
        assert _objective(loaded) == "vector(0.999)"
        write_volume(rules, after)
        changed = time.monotonic()
        while _objective(seen := _groups(pod.url)) != "vector(0.995)":
            assert _names(seen) == _names(loaded), "a moment without rules"
            assert time.monotonic() - changed < LOADED_SECONDS
            time.sleep(0.02)
        assert _names(seen) == _names(loaded)
        assert process.poll() is None


def _rules_with_another_objective(project: Path) -> dict[str, str]:
    """The rules of this project where an objective is 99.5 in place of 99.9."""
    for name in _INPUTS:
        shutil.copytree(ROOT / name, project / name)
    shutil.copy(ROOT / "teams.yaml", project)
    slos = project / "slos" / "learnsnap.yaml"
    text = slos.read_text(encoding="utf-8")
    edited = text.replace("objective: 99.9 ", "objective: 99.5 ", 1)
    assert edited != text
    slos.write_text(edited, encoding="utf-8")
    settings = parse_settings(stack_config("prod"), "prod")
    return make_bundle(project, settings, kubernetes_topology(settings)).below("prometheus/rules")


def _groups(url: str) -> list[dict[str, Any]]:
    """The groups that are loaded; Prometheus answers at any moment."""
    answer = requests.get(f"{url}/api/v1/rules", timeout=LOADED_SECONDS)
    answer.raise_for_status()
    return list(answer.json()["data"]["groups"])


def _names(groups: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(group["name"], rule["name"]) for group in groups for rule in group["rules"]}


def _objective(groups: list[dict[str, Any]]) -> str:
    """The recorded objective of the SLO that is edited."""
    rules = (rule for group in groups for rule in group["rules"] if rule["name"] == "slo:objective:ratio")
    (found,) = (rule["query"] for rule in rules if rule["labels"].items() >= OF.items())
    return str(found)
