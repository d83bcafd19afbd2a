"""Every panel of every dashboard shows something of the demo: its queries, asked as Grafana asks them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import requests

from tests.local.project import Project, wait_until

SECONDS = 150
SCRAPE_SECONDS = 15
STEP_SECONDS = 75
NOTHING_HERE = {
    "AI concurrency will run out",
    "Database connections will run out",
    "Memory will run out",
    *("Alertmanagers apart", "Certificate expiring", "Collector down", "Disk filling up"),
    *("Firing alerts", "Log ingestion failing", "SLO groups refused"),
}
"""Panels of what a sound stack on one machine lacks: eight days of the service, a cluster, probes, trouble."""


def wait_for_a_step(stack: Project) -> None:
    """Waits for rates at a time at which Grafana asks: it asks for whole steps alone."""

    def is_there() -> bool:
        last_step = time.time() // STEP_SECONDS * STEP_SECONDS
        servers = "process_cpu_seconds_total{job=~'prometheus|alertmanager|loki'}"
        return len(stack.query(f"rate({servers}[5m] @ {last_step - SCRAPE_SECONDS})")) == 3

    wait_until(is_there, SECONDS, "there is a step with rates")


def test_every_panel_has_data(stack: Project) -> None:
    wait_for_a_step(stack)
    dashboards = [json.loads(path.read_text()) for path in sorted(_dashboards(stack).glob("*.json"))]
    dashboards = [dashboard for dashboard in dashboards if dashboard["uid"] != "slo-probes"]  # nothing probes here
    assert len(dashboards) == 3
    every = [panel for dashboard in dashboards for panel in dashboard["panels"] if panel["type"] != "row"]
    empty = list(every)
    missing = NOTHING_HERE if "grafana" in stack.pids() else NOTHING_HERE | {"Grafana's requests"}

    def none_is_empty() -> bool:
        empty[:] = [panel for panel in empty if not any(_results(stack, panel, target) for target in panel["targets"])]
        return {panel["title"] for panel in empty} <= missing

    try:
        wait_until(none_is_empty, SECONDS, "every panel has data")
    except AssertionError as late:
        raise AssertionError(sorted({panel["title"] for panel in empty} - missing)) from late


def test_every_marker_can_be_asked_for(stack: Project) -> None:
    for path in sorted(_dashboards(stack).glob("*.json")):
        for marker in json.loads(path.read_text())["annotations"]["list"]:
            stack.query(marker["expr"])


def _dashboards(stack: Project) -> Path:
    """The folder of those that its Grafana shows."""
    return stack.folder.config / "grafana" / "dashboards"


def _results(stack: Project, panel: dict[str, Any], target: dict[str, Any]) -> list[Any]:
    """What the panel's server answers; fails the test where it refuses the query."""
    until = time.time()
    query = target["expr"].replace("$__rate_interval", f"{4 * STEP_SECONDS}s")
    if panel["type"] == "logs":
        url, asked = f"{stack.url('loki')}/loki/api/v1/query_range", {"query": query, "since": "1h", "limit": 1}
    elif target.get("range"):
        span = {"start": until - 900, "end": until, "step": STEP_SECONDS}
        url, asked = f"{stack.url('prometheus')}/api/v1/query_range", {"query": query, **span}
    else:
        url, asked = f"{stack.url('prometheus')}/api/v1/query", {"query": query}
    answer = requests.get(url, params=asked, timeout=30)
    assert answer.ok, f"{panel['title']}: {answer.text}"
    results: list[Any] = answer.json()["data"]["result"]
    return results
