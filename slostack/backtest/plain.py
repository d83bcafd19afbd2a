"""A backtest as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from slostack.backtest.incidents import Incident
from slostack.backtest.model import Backtest, Firing, Outcome


def as_json(backtest: Backtest) -> str:
    """One object; times are RFC 3339 in UTC, lengths are seconds, shares are 0 to 1."""
    document = {
        "revision": backtest.revision,
        "source": backtest.source,
        "start": _time(backtest.start),
        "end": _time(backtest.end),
        "notes": backtest.notes,
        "slos": [
            {
                "service": case.service,
                "slo": case.slo,
                "changed": not case.same,
                "notes": case.notes,
                "before": _outcome(case.before),
                "after": _outcome(case.after),
            }
            for case in backtest.cases
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _outcome(outcome: Outcome | None) -> Mapping[str, Any] | None:
    if outcome is None:
        return None
    return {
        "objective": outcome.objective,
        "window": outcome.window,
        "policy": outcome.policy,
        "judged_seconds": outcome.judged,
        "budget_spent": outcome.spent,
        "most_budget_spent": outcome.most_spent,
        "pages": len(outcome.pages),
        "pages_per_week": outcome.pages_per_week,
        "firings": list(map(_firing, outcome.firings)),
        "incidents": [
            {
                **_incident(found.incident),
                "caught_by": found.first.name if found.first else None,
                "detected_after_seconds": found.seconds,
                "paged_after_seconds": found.paged_after,
            }
            for found in outcome.detections
        ],
    }


def _firing(firing: Firing) -> Mapping[str, Any]:
    return {
        "alert": firing.alert,
        "tier": firing.tier or None,
        "severity": firing.severity,
        "page": firing.is_page,
        "start": _time(firing.start),
        "end": _time(firing.end),
        "labels": dict(firing.labels),
    }


def _incident(incident: Incident) -> Mapping[str, Any]:
    return {
        "title": incident.title,
        "start": _time(incident.start.timestamp()),
        "end": _time(incident.end.timestamp()),
    }


def _time(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
