"""What Alertmanager sends."""

from __future__ import annotations

from typing import Any

from slostack import names

RUNBOOK_URL = "http://127.0.0.1:9095/runbooks/learnsnap/service-down.md"
DASHBOARD_URL = "http://127.0.0.1:3000/d/slo-learnsnap"
DASHBOARD_LINK = f"{DASHBOARD_URL}?from=1777860000000&to=now"
"""From an hour before the alert began."""
LOGS_LINK = f"{DASHBOARD_LINK}&viewPanel={names.panel_id('logs')}"
QUERY_URL = "http://127.0.0.1:9090/graph"
SILENCE_URL = (
    "http://127.0.0.1:9093/#/silences/new?filter=%7Balertname%3D%22ErrorBudgetBurn%22%2C%20service%3D%22learnsnap%22%7D"
)


def alert(status: str = "firing", **annotations: str) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {
            "alertname": "ErrorBudgetBurn",
            "service": "learnsnap",
            "slo": "availability",
            "severity": "critical",
            "tier": "page-5m",
            "team": "learnsnap",
            "window": "5m",
        },
        "annotations": {
            "summary": "the error budget burns 30.1 times too fast",
            "description": "Over the last 5m 3 % of all events were bad.\nBudget left: 61 %.",
            "runbook_url": RUNBOOK_URL,
            "dashboard_url": DASHBOARD_URL,
            **annotations,
        },
        "startsAt": "2026-05-04T03:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-05-04T03:20:00Z",
        "generatorURL": QUERY_URL,
        "fingerprint": "c0ffee",
    }


def message(*alerts: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": "{}",
        "status": "firing",
        "receiver": "local",
        "groupLabels": {"service": "learnsnap", "alertname": "ErrorBudgetBurn"},
        "externalURL": "http://127.0.0.1:9093",
        "alerts": list(alerts),
    }
