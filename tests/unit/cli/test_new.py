"""`slostack new`: what it writes loads and renders as it is; what is there already stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import validate

from slostack import plain_yaml
from slostack.cli.new import command
from slostack.dashboards import render_service_dashboard
from slostack.errors import SlostackError
from slostack.rules import render_rules
from slostack.spec import load_service, slo_file_schema

SECTIONS = ["Symptoms", "Diagnosis", "Resolution", "Verification", "Prevention", "Escalation"]


def new(root: Path, service: str) -> str:
    """Runs the command in a project; returns what it printed."""
    result = CliRunner().invoke(command, [service], obj=root, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_new_file_loads_and_renders_as_it_is(tmp_path: Path) -> None:
    printed = new(tmp_path, "photo-share")
    service = load_service(tmp_path / "slos/photo-share.yaml", tmp_path)
    assert (service.service, [slo.objective for slo in service.slos]) == ("photo-share", [99.9])
    assert "ErrorBudgetBurn" in render_rules(service)
    assert printed.splitlines()[:4] == [
        "wrote runbooks/shared/",
        "wrote runbooks/templates/",
        "wrote runbooks/photo-share/error-budget-burn.md",
        "wrote slos/photo-share.yaml",
    ]


@pytest.mark.parametrize(("service", "team"), [("sales", "sales"), ("photo-share", "platform")])
def test_the_new_file_is_of_a_team_that_there_is(tmp_path: Path, service: str, team: str) -> None:
    text = "teams: {platform: {email: [a@acme.example]}, sales: {email: [b@acme.example]}}"
    (tmp_path / "teams.yaml").write_text(text, encoding="utf-8")
    new(tmp_path, service)
    assert load_service(tmp_path / f"slos/{service}.yaml", tmp_path).team == team


def test_the_new_file_is_short_and_right_for_editors(tmp_path: Path) -> None:
    new(tmp_path, "api")
    text = (tmp_path / "slos/api.yaml").read_text(encoding="utf-8")
    assert len([line for line in text.splitlines() if not line.startswith("#")]) <= 10
    assert text.count("# to edit") == 3
    assert "{{" not in text
    validate(plain_yaml.load(text), slo_file_schema())


def test_its_ten_lines_watch_the_golden_signals(tmp_path: Path) -> None:
    new(tmp_path, "api")
    service = load_service(tmp_path / "slos/api.yaml", tmp_path)
    alerts = {alert.name: alert.severity for alert in service.alerts}
    assert {"ServiceDown": "critical", "HighErrorRate": "high", "SlowRequests": "medium"}.items() <= alerts.items()
    assert {"DatabaseDown", "DatabaseConnectionsHigh", "OpenFilesHigh", "CrashLoop"} <= alerts.keys()
    panels = set(titles(json.loads(render_service_dashboard(service))["panels"]))
    assert {"Traffic: HTTP requests", "Errors: availability", "Slow requests", "Database connections"} <= panels
    assert {"Database down", "High memory usage", "High CPU usage"} <= panels


def titles(panels: list[dict[str, Any]]) -> Iterator[str]:
    """The titles of panels, and of those in rows."""
    for panel in panels:
        yield panel.get("title", "")
        yield from titles(panel.get("panels", []))


def test_the_new_runbook_has_every_section(tmp_path: Path) -> None:
    new(tmp_path, "api")
    text = (tmp_path / "runbooks/api/error-budget-burn.md").read_text(encoding="utf-8")
    assert [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")] == SECTIONS
    assert 'service="api",slo="availability"' in text
    assert "{{" not in text


def test_an_slo_file_that_is_there_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "slos/api.yaml"
    path.parent.mkdir()
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(SlostackError, match=r"^slos/api\.yaml is there already, expected a new service"):
        new(tmp_path, "api")
    assert path.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "runbooks").exists()


def test_a_runbook_that_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "runbooks/api/error-budget-burn.md"
    path.parent.mkdir(parents=True)
    path.write_text("mine", encoding="utf-8")
    assert "kept runbooks/api/error-budget-burn.md" in new(tmp_path, "api")
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "name", ["", "Api", "a_b", "../a", "a/b", "a b", "-a", "a-", "overview", "probes", "custom-a", "a" * 64]
)
def test_a_name_that_is_none_is_refused_and_nothing_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(SlostackError, match="can't be a service's name, expected lower-case words joined by hyphens"):
        CliRunner().invoke(command, ["--", name], obj=tmp_path, catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []


def test_nothing_but_the_two_files_and_what_runbooks_share_is_left_behind(tmp_path: Path) -> None:
    new(tmp_path, "api")
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert [path for path in files if not path.startswith(("runbooks/shared/", "runbooks/templates/"))] == [
        "runbooks/api/error-budget-burn.md",
        "slos/api.yaml",
    ]
