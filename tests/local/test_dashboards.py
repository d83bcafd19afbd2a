"""Every panel of every dashboard shows something of the demo: its queries, asked as Grafana asks them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from slostack.dashboards.variables import whole
from tests.local.project import Project, wait_until

SECONDS = 150
SCRAPE_SECONDS = 15
STEP_SECONDS = 75
OF_OTHER_TEAMS = r' unless on \([^)]*\) (last_over_time\()?slo:info\{team!~"\$team"\}(\[1h\] @ end\(\)\))?'
NOTHING_HERE = {
    "AI concurrency will run out",
    "Database connections will run out",
    "Memory will run out",
    *("Alertmanagers apart", "Certificate expiring", "Collector down", "Disk filling up"),
    "Incident status changed",
    *("Firing alerts", "Log ingestion failing", "Remote write behind", "Replicas missing", "SLO groups refused"),
    *("Daily job failed", "Exporter down"),
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
    dashboards = _read(stack)
    assert len(dashboards) == 7
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
    for dashboard in _read(stack):
        for marker in dashboard["annotations"]["list"]:
            stack.query(_chosen(marker["expr"]))


def test_with_all_every_query_gives_what_it_gives_without_variables(stack: Project) -> None:
    wait_for_a_step(stack)
    at = time.time() - SCRAPE_SECONDS
    full = 0
    for expr in set(_queries(stack)):
        found = _instant(stack, _chosen(expr), at)
        before = re.sub(OF_OTHER_TEAMS, "", whole(expr))
        assert "$" not in before.replace("$__rate_interval", "").replace("$1", "")
        assert found == _instant(stack, before, at), expr
        full += bool(found)
    assert full > 80


def test_what_is_chosen_narrows_what_is_asked_and_nothing_else(stack: Project) -> None:
    wait_for_a_step(stack)
    at = time.time() - SCRAPE_SECONDS
    (instance,) = {found["metric"]["instance"] for found in stack.query('up{job="learnsnap"}')}
    traffic = next(expr for expr in _queries(stack) if expr.startswith("sum(rate(http_requests_total"))
    assert _instant(stack, _chosen(traffic, instance=instance), at) == _instant(stack, _chosen(traffic), at) != []
    assert _instant(stack, _chosen(traffic, instance="another"), at) == []
    lowest = next(expr for expr in _queries(stack) if expr.startswith("sort(bottomk("))
    assert _instant(stack, _chosen(lowest, team="learnsnap", service="learnsnap"), at) != []
    assert _instant(stack, _chosen(lowest, team="others"), at) == []
    assert _instant(stack, _chosen(lowest, service="others"), at) == []


def _read(stack: Project) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(_dashboards(stack).glob("*.json"))]


def _queries(stack: Project) -> Iterator[str]:
    """The PromQL of every panel."""
    for dashboard in _read(stack):
        for panel in dashboard["panels"]:
            if panel.get("datasource") == "prometheus":
                yield from (target["expr"] for target in panel["targets"])


def _chosen(expr: str, **chosen: str) -> str:
    """A query as Grafana sends it, with All of what isn't chosen."""
    asked = expr.replace("$__rate_interval", f"{4 * STEP_SECONDS}s")
    return re.sub(r'"\$(\w+)"', lambda variable: f'"{chosen.get(variable[1], ".*")}"', asked)


def _instant(stack: Project, query: str, at: float) -> list[Any]:
    asked: dict[str, Any] = {"query": _chosen(query), "time": at}
    answer = requests.get(f"{stack.url('prometheus')}/api/v1/query", params=asked, timeout=30)
    assert answer.ok, f"{query}: {answer.text}"
    return sorted(answer.json()["data"]["result"], key=str)


def _dashboards(stack: Project) -> Path:
    """The folder of those that its Grafana shows."""
    return stack.folder.config / "grafana" / "dashboards"


def _results(stack: Project, panel: dict[str, Any], target: dict[str, Any]) -> list[Any]:
    """What the panel's server answers; fails the test where it refuses the query."""
    until = time.time()
    query = _chosen(target["expr"])
    asked: dict[str, Any]
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
