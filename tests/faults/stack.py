"""The stack on this machine with a service that loads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.local.project import Project, make_project

INTERVAL = 1.0
"""Seconds between scrapes of the load."""
AWAY_SECONDS = 60 * float(os.environ.get("AWAY_MINUTES", "10"))
"""How long a bucket is away."""
ALERT = "LoadIsOn"
SERVICE = f"""
service: loaded
description: What loads the stack
team: platform
scrape: [{{job: loaded, interval: 1s, timeout: 1s}}]
slos:
  - name: success
    description: Requests succeed
    objective: 99
    sli:
      events: {{bad: 'load_requests_total{{job="loaded",code="500"}}', total: 'load_requests_total{{job="loaded"}}'}}
    runbook: learnsnap/error-budget-burn.md
alerts:
  - name: {ALERT}
    expr: max(load_tick{{job="loaded"}}) >= 0
    for: 1m
    severity: high
    summary: The load is on
    runbook: learnsnap/error-budget-burn.md
"""


@contextmanager
def loaded_project(root: Path, target: str, **local: Any) -> Iterator[Project]:
    """A project that watches the load, which is at `target`; whatever happens, none of its processes is left."""
    project = make_project(root, **{"demo": ["learnsnap"], "history": False, **local})
    (project.root / "slos" / "loaded.yaml").write_text(SERVICE)
    project.set("services", {"loaded": {"targets": [target]}})
    try:
        yield project
    finally:
        project.end()


def alert(prometheus: str) -> dict[str, Any] | None:
    """The load's alert as Prometheus has it while it fires."""
    answer = requests.get(f"{prometheus}/api/v1/alerts", timeout=10).json()
    found = (each for each in answer["data"]["alerts"] if each["labels"]["alertname"] == ALERT)
    return next((each for each in found if each["state"] == "firing"), None)
