"""The links of alerts, with stand-ins for an environment's own URLs."""

from __future__ import annotations

from slostack import names
from slostack.bundle import GRAFANA_URL, RUNBOOK_URL


def links(service: str, runbook: str, panel: str | None) -> dict[str, str]:
    """The annotations that lead to a runbook, and to the panel of the service's dashboard that has this key, or to all
    of it."""
    dashboard = f"{GRAFANA_URL}/d/{names.dashboard_uid(service)}"
    return {
        "runbook_url": f"{RUNBOOK_URL}/{runbook}",
        "dashboard_url": f"{dashboard}?viewPanel={names.panel_id(panel)}" if panel else dashboard,
    }
