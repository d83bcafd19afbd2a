"""`slostack notifications`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from slostack.cli.notifications import command
from slostack.deploy.local.state_folder import StateFolder
from slostack.notifications import store_folder
from slostack.notifications.parsing import from_webhook
from slostack.notifications.store import append
from tests.unit.notifications.messages import (
    DASHBOARD_LINK,
    LOGS_LINK,
    QUERY_URL,
    RUNBOOK_URL,
    SILENCE_URL,
    alert,
    message,
)


def show(root: Path, *arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, obj=root, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose receiver has been told of three alerts."""
    told = message(*(alert(summary=summary) for summary in ("one", "two", "three")))
    append(store_folder(tmp_path), from_webhook(told, 1_777_863_840.0))
    return tmp_path


def test_the_store_is_where_the_stack_on_this_machine_keeps_it(tmp_path: Path) -> None:
    assert store_folder(tmp_path) == StateFolder.of(tmp_path).data("notifications")


@pytest.fixture
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_utc")
def test_notifications_are_shown_as_a_person_reads_them(project: Path) -> None:
    shown = show(project, "--last", "1")
    assert shown.splitlines() == [
        "2026-05-04 03:04:00 UTC  FIRING  critical  learnsnap / availability",
        "  ErrorBudgetBurn (page-5m): three",
        "  critical, respond within 5 min, judged over 5m; since 2026-05-04 03:00 UTC (4m ago); team learnsnap",
        "  Over the last 5m 3 % of all events were bad. Budget left: 61 %.",
        f"  runbook    {RUNBOOK_URL}",
        f"  dashboard  {DASHBOARD_LINK}",
        f"  logs       {LOGS_LINK}",
        f"  query      {QUERY_URL}",
        f"  silence    {SILENCE_URL}",
        "",
    ]
    assert [word for word in show(project).split() if word in ("one", "two", "three")] == ["one", "two", "three"]


@pytest.mark.usefixtures("_utc")
def test_what_is_over_is_named_with_how_long_it_lasted_and_what_was_said(tmp_path: Path) -> None:
    append(store_folder(tmp_path), from_webhook(message(alert("resolved")), 1_777_864_800.0))
    assert show(tmp_path).splitlines()[:4] == [
        "2026-05-04 03:20:00 UTC  RESOLVED  critical  learnsnap / availability",
        "  ErrorBudgetBurn (page-5m): over after 20m",
        "  critical, judged over 5m; 2026-05-04 03:00 UTC until 2026-05-04 03:20 UTC; team learnsnap",
        "  it said: the error budget burns 30.1 times too fast",
    ]


def test_what_is_escalated_and_what_has_little_to_tell(tmp_path: Path) -> None:
    escalated = {"alertname": "StillFiring", "severity": "none", "escalation": "2"}
    bare = {"status": "firing", "labels": {"alertname": "Watchdog"}}
    of_own = alert(dashboard_url="http://127.0.0.1:3000/d/own?var-shop=1")
    told = message({**alert(), "labels": escalated}, bare, of_own)
    append(store_folder(tmp_path), from_webhook({"alerts": told["alerts"]}, 1_777_863_840.0))
    first, second, third = show(tmp_path).strip().split("\n\n")
    assert first.splitlines()[2] == "  critical, escalated to level 2; since 2026-05-04 03:00 UTC (4m ago)"
    assert "silence" not in first
    assert second.splitlines()[1:] == ["  Watchdog: ", "  (no severity)"]
    assert "  dashboard  http://127.0.0.1:3000/d/own?var-shop=1&from=1777860000000&to=now" in third
    assert "  logs       http://127.0.0.1:3000/d/own?from=1777860000000&to=now&viewPanel=" in third


@pytest.mark.usefixtures("_utc")
def test_what_is_left_of_budgets_is_shown_with_an_alert_that_fires(tmp_path: Path) -> None:
    left = "availability 61 %, " * 9
    said = message(alert(budgets_left=left), alert("resolved", budgets_left=left))
    append(store_folder(tmp_path), from_webhook(said, 1.0))
    firing, resolved = show(tmp_path).split("\n\n")[:2]
    assert f"  budget left: {'availability 61 %, ' * 4}".rstrip() + "\n  availability 61 %" in firing
    assert "budget left" not in resolved


def test_notifications_are_shown_as_json_lines(project: Path) -> None:
    lines = [json.loads(line) for line in show(project, "--json", "--last", "2").splitlines()]
    assert [line["summary"] for line in lines] == ["two", "three"]
    assert lines[0]["runbook_url"] == RUNBOOK_URL
    assert lines[0]["labels"]["tier"] == "page-5m"


def test_without_notifications_that_is_said(tmp_path: Path) -> None:
    assert show(tmp_path) == "no notifications so far\n"
    assert show(tmp_path, "--json") == ""
