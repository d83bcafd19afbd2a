"""The main job: the demo's requests fail, a page arrives that a person can act on, they stop failing, it ends."""

from __future__ import annotations

import json

import requests

from slostack.names import burn_panel, panel_id
from tests.local.demo_stack import break_while_watched, notifications, shown
from tests.local.project import Project, wait_until

PAGE_SECONDS = 180
RESOLVED_SECONDS = 420


def test_errors_page_with_burn_and_budget_and_the_page_ends_when_they_do(own_stack: Project) -> None:
    break_while_watched(own_stack, "errors")
    page = wait_until(
        lambda: notifications(own_stack, alert="ErrorBudgetBurn", status="firing", slo="availability"),
        PAGE_SECONDS,
        "the page of the availability SLO",
    )[0]
    own_stack.run("demo", "heal", "learnsnap")

    assert page in shown(own_stack)
    assert page["tier"] == "page-5m", "an hour that has just begun would page first"
    assert page["severity"] == "critical"
    assert "times too fast" in page["summary"]
    assert "Budget left: " in page["description"]
    assert "not known" not in page["description"]
    runbook = requests.get(page["runbook_url"], timeout=10)
    assert runbook.ok
    assert "Diagnosis" in runbook.text
    panel = panel_id(burn_panel("availability"))
    assert page["dashboard_url"] == f"{own_stack.url('grafana')}/d/slo-learnsnap?viewPanel={panel}"

    def lines() -> list[str]:
        answer = requests.get(
            f"{own_stack.url('loki')}/loki/api/v1/query_range", params={"query": '{job="learnsnap"}'}, timeout=10
        )
        return [line for stream in answer.json()["data"]["result"] for _, line in stream["values"]]

    line = json.loads(wait_until(lines, 60, "logs of the demo in Loki")[0])
    assert {"level", "msg", "request_id"} <= set(line)

    wait_until(
        lambda: notifications(own_stack, alert="ErrorBudgetBurn", status="resolved", tier=page["tier"]),
        RESOLVED_SECONDS,
        "the page's resolution",
    )
