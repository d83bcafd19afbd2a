"""`slostack diff` of a bundle against servers that run it: nothing differs, until somebody edits something there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.local.project import Project
from tests.requirements import need

OWN: dict[str, Any] = {
    "uid": "own",
    "title": "A team's own",
    "tags": ["slostack"],
    "schemaVersion": 27,
    "panels": [
        {
            "id": 1,
            "title": "Orders",
            "type": "timeseries",
            "datasource": "prometheus",
            "gridPos": {"x": 0, "y": 0, "w": 24, "h": 8},
            "targets": [{"refId": "A", "expr": "sum(rate(orders_total[5m]))"}],
        }
    ],
}


@pytest.fixture
def bundle(stack: Project, tmp_path: Path) -> Path:
    """A copy of what the stack's servers were given."""
    return Path(shutil.copytree(stack.folder.config, tmp_path / "bundle"))


@pytest.fixture
def grafana(stack: Project) -> str:
    """The URL of the stack's Grafana, with its password."""
    if "grafana" not in stack.pids():
        need("grafana", "needs a Grafana on PATH or in GRAFANA_HOME")
    password = (stack.folder.secrets("grafana") / "grafana-admin-password").read_text()
    return stack.url("grafana").replace("http://", f"http://admin:{password}@")


def changes(stack: Project, bundle: Path, *servers: str) -> list[str]:
    """What the command says of a bundle and servers, below its first line."""
    first, *said = stack.run("diff", "--bundle", str(bundle), *servers).splitlines()
    assert first.endswith("holds")
    return [line.strip() for line in said if line.strip()]


def test_prometheus_holds_the_rules_of_its_bundle(stack: Project, bundle: Path) -> None:
    asked = ("--prometheus", stack.url("prometheus"))
    assert changes(stack, bundle, *asked) == []
    rules = bundle / "prometheus/rules/learnsnap.yaml"
    rules.write_text(rules.read_text().replace("runbook_url: ", "runbook_url: https://elsewhere.example/#", 1))
    part, section, *named = changes(stack, bundle, *asked)
    assert (part, section) == ("prometheus/rules/learnsnap.yaml", "Alerts")
    assert "elsewhere.example" in "\n".join(named)


def test_grafana_holds_the_dashboards_of_its_bundle_until_one_is_edited_there(
    stack: Project, bundle: Path, grafana: str
) -> None:
    asked = ("--grafana", grafana)
    assert changes(stack, bundle, *asked) == []
    (bundle / "grafana/dashboards/custom-own.json").write_text(json.dumps(OWN))
    assert changes(stack, bundle, *asked) == ["+ dashboard own (added)", "Dashboard panels", "+ Orders"]
    try:
        save(grafana, OWN)
        assert changes(stack, bundle, *asked) == []
        (orders,) = OWN["panels"]
        edited = {**orders, "targets": [{"refId": "A", "expr": "sum(rate(orders_total[1h]))"}]}
        save(grafana, {**OWN, "panels": [edited]})
        assert changes(stack, bundle, *asked) == [
            "dashboard own",
            "Dashboard panels",
            "~ Orders: query A sum(rate(orders_total[1h])) → sum(rate(orders_total[5m]))",
        ]
    finally:
        requests.delete(f"{grafana}/api/dashboards/uid/own", timeout=10)


def save(grafana: str, dashboard: dict[str, Any]) -> None:
    """Saves a dashboard, as an edit in Grafana's pages does."""
    answer = requests.post(f"{grafana}/api/dashboards/db", json={"dashboard": dashboard, "overwrite": True}, timeout=10)
    assert answer.ok, answer.text
