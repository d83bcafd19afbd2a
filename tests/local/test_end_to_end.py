"""The main job: the demo service breaks, a page arrives that a person can act on, it heals, the page ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.local.project import Project, wait_until

PAGE_SECONDS = 180
DOWN_SECONDS = 120
RESOLVED_SECONDS = 420
BUDGET_SECONDS = 480
HEALTHY_SECONDS = 120


@pytest.fixture
def healthy(stack: Project) -> Iterator[Project]:
    """The stack while its demo is healthy and watched, and nothing of it is reported as firing; healed afterwards."""
    stack.run("demo", "heal", "learnsnap")
    wait_until(
        lambda: value(stack, 'slo:error_ratio:rate1h{slo="availability"}') is not None, HEALTHY_SECONDS, "traffic"
    )
    wait_until(lambda: not firing(stack), RESOLVED_SECONDS, "no alert fires")
    yield stack
    stack.run("demo", "heal", "learnsnap")


def notifications(stack: Project, **expected: str) -> list[dict[str, Any]]:
    """The stored notifications that have these fields, the newest last."""
    lines = stack.run("notifications", "--json").splitlines()
    return [each for each in map(json.loads, lines) if expected.items() <= each.items()]


def firing(stack: Project) -> list[dict[str, Any]]:
    return stack.query('ALERTS{alertstate="firing",severity="critical"}')


def value(stack: Project, expression: str) -> float | None:
    result = stack.query(expression)
    return float(result[0]["value"][1]) if result else None


def test_errors_page_with_burn_and_budget_and_the_page_ends_when_they_do(healthy: Project) -> None:
    healthy.run("demo", "break", "learnsnap", "errors")
    page = wait_until(
        lambda: notifications(
            healthy, alert="ErrorBudgetBurn", status="firing", slo="availability", severity="critical"
        ),
        PAGE_SECONDS,
        "the page of the availability SLO",
    )[-1]
    assert "times too fast" in page["summary"]
    assert "a burn rate of" in page["description"]
    assert "Budget left: " in page["description"]
    assert "not known" not in page["description"]

    runbook = requests.get(page["runbook_url"], timeout=10)
    assert runbook.ok
    assert "Diagnosis" in runbook.text
    assert page["dashboard_url"].startswith(healthy.url("grafana"))
    assert page["dashboard_url"].endswith("/d/slo-learnsnap")

    healthy.run("demo", "heal", "learnsnap")
    wait_until(
        lambda: notifications(
            healthy, alert="ErrorBudgetBurn", status="resolved", slo="availability", tier=page["tier"]
        ),
        RESOLVED_SECONDS,
        "the page's resolution",
    )


def test_an_outage_pages_and_spends_budget_although_no_request_is_counted(healthy: Project) -> None:
    budget = 'slo:error_budget_remaining:ratio{slo="availability"}'
    before = value(healthy, budget)
    assert before is not None
    healthy.run("demo", "break", "learnsnap", "outage")
    page = wait_until(
        lambda: notifications(healthy, alert="ServiceDown", status="firing"), DOWN_SECONDS, "ServiceDown"
    )[-1]
    assert page["severity"] == "critical"
    wait_until(
        lambda: (value(healthy, 'slo:outage_events:count5m{slo="availability"}') or 0) > 0,
        BUDGET_SECONDS,
        "the outage is counted",
    )
    wait_until(
        lambda: (value(healthy, budget) or before) < before - 0.001,
        BUDGET_SECONDS,
        f"the budget goes down from {before}",
    )
    healthy.run("demo", "heal", "learnsnap")
    wait_until(lambda: notifications(healthy, alert="ServiceDown", status="resolved"), RESOLVED_SECONDS, "resolution")


def test_logs_can_be_queried(stack: Project) -> None:
    def lines() -> list[str]:
        answer = requests.get(
            f"{stack.url('loki')}/loki/api/v1/query_range", params={"query": '{job="learnsnap"} | json'}, timeout=10
        )
        return [line for stream in answer.json()["data"]["result"] for _, line in stream["values"]]

    line = json.loads(wait_until(lines, 60, "logs of the demo")[0])
    assert {"level", "msg", "request_id"} <= set(line)
