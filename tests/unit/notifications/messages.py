"""What Alertmanager sends."""

from __future__ import annotations

from typing import Any

RUNBOOK_URL = "http://127.0.0.1:9095/runbooks/learnsnap/service-down.md"
DASHBOARD_URL = "http://127.0.0.1:3000/d/slo-learnsnap"


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
        "generatorURL": "http://127.0.0.1:9090/graph",
        "fingerprint": "c0ffee",
    }


def message(*alerts: dict[str, Any]) -> dict[str, Any]:
    return {"version": "4", "groupKey": "{}", "status": "firing", "receiver": "local", "alerts": list(alerts)}
