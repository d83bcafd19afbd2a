"""A service with something of everything, in a project of its own, and a Prometheus in which all of it is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from slostack.audit.checks import wanted
from slostack.audit.configured import Configured, configured
from slostack.audit.run import scorecard
from slostack.audit.scorecard import CategoryScore, Point, Scorecard
from slostack.audit.seen import Rule, Seen
from slostack.spec import load_service
from tests.unit.spec.files import RIGHT, project

TODAY = date(2026, 11, 30)
FULL = RIGHT.replace(
    "alerts:\n",
    """\
signals:
  up: {runbook: api/burn.md}
  http: {runbook: api/burn.md}
  queue: {waiting: jobs_waiting, failed: jobs_failed_total, runbook: api/burn.md}
  dependencies: {runbook: api/burn.md}
  backups: {size: backup_size_bytes, runbook: api/burn.md}
log_counts:
  - {name: error-types, query: '{job="api"} | json', by: [error_type]}
coverage: {worker: none, redis: none, image-service: none, object-storage: none, ai-provider: {}}
alerts:
""",
)
RUNBOOK = "\n".join(
    f"## {title}\n" for title in ["Symptoms", "Diagnosis", "Resolution", "Verification", "Prevention", "Escalation"]
)
TEAMS = """\
teams:
  core: {email: [a@acme.example], slack: {channel: "#core"}, escalation: {email: [b@acme.example]}}
  platform: {email: [a@acme.example]}
"""


def made(root: Path, text: str = FULL) -> Configured:
    """What is configured in a project at `root` with this SLO file."""
    path = project(root, text)
    (root / "runbooks/api/burn.md").write_text(RUNBOOK, encoding="utf-8")
    (root / "teams.yaml").write_text(TEAMS, encoding="utf-8")
    return configured(root, load_service(path, root))


def all_there(of: Configured) -> Seen:
    """A Prometheus that has all of it."""
    return Seen(
        source="http://prometheus",
        series={str(each): True for each in wanted(of)},
        panels={panel.title: True for panel in of.panels},
        slos={slo.name: True for slo in of.slos},
        rules={alert.name: Rule(healthy=True, has_runbook=True) for alert in of.alerts},
        alertmanager=True,
    )


def without_series(found: Seen, metric: str) -> Seen:
    """The same without the series of a metric."""
    return replace(found, series={key: there and not key.startswith(metric) for key, there in found.series.items()})


def card(of: Configured, found: Seen | None, today: date = TODAY) -> Scorecard:
    """The scorecard on a day."""
    return scorecard(of, found, today)


def category(scored: Scorecard, name: str) -> CategoryScore:
    """One category."""
    return next(each for each in scored.categories if each.category == name)


def point(scored: Scorecard, name: str, asks: str) -> Point:
    """The point of a category that asks for this."""
    return next(each for each in category(scored, name).points if asks in each.asks)
