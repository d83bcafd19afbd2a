"""`slostack audit` of the demo: what its Prometheus really has, and what it lacks."""

from __future__ import annotations

import json

import requests

from tests.local.project import Project, wait_until


def test_the_audit_sees_what_the_demo_has_and_what_it_lacks(stack: Project) -> None:
    """By the Prometheus that the command finds by itself."""
    wait_until(lambda: len(stack.query("slo:info")) == 6, 60, "all SLOs are judged")
    wait_until(lambda: stack.query('backup_last_success_timestamp_seconds{job="learnsnap"}'), 60, "it is scraped")
    wait_until(lambda: _alertmanagers(stack), 60, "Prometheus knows its Alertmanager")
    demo, other = (
        json.loads(stack.run("audit", service, "--format", "json"))["services"][0]
        for service in ("learnsnap", "junkos")
    )
    assert demo["source"] == other["source"] == stack.url("prometheus")

    def states(service: dict[str, dict[str, dict[str, list[dict[str, str]]]]], category: str) -> list[str]:
        return [point["state"] for point in service["categories"][category]["points"]]

    assert states(demo, "alerting") == ["met", "met", "met", "met"]
    assert states(demo, "backups") == ["met", "missing", "missing", "missing"]
    assert states(demo, "health-checks") == ["met", "met", "met"]
    assert {cell for key, cell in demo["coverage"]["ai-provider"].items() if key != "title"} == {"met"}
    assert demo["unseen"] == []
    assert states(other, "backups")[0] == "absent"  # nothing scrapes it here
    assert other["score"] < demo["score"]


def _alertmanagers(stack: Project) -> list[object]:
    """Those that Prometheus tells of alerts; it looks for them after its start."""
    answer = requests.get(f"{stack.url('prometheus')}/api/v1/alertmanagers", timeout=10).json()
    found: list[object] = answer["data"]["activeAlertmanagers"]
    return found
