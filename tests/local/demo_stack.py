"""What the end-to-end tests see of a stack: its notifications, and values in its Prometheus."""

from __future__ import annotations

import json
from typing import Any

from tests.local.project import Project, wait_until

TRAFFIC_SECONDS = 90


def notifications(stack: Project, **expected: str) -> list[dict[str, Any]]:
    """The stored notifications that have these fields, the newest last."""
    lines = stack.run("notifications", "--json").splitlines()
    return [each for each in map(json.loads, lines) if expected.items() <= each.items()]


def value(stack: Project, expression: str) -> float | None:
    """The first value of a query's result; None where there is none."""
    result = stack.query(expression)
    return float(result[0]["value"][1]) if result else None


def break_while_watched(stack: Project, scenario: str) -> None:
    """Breaks the demo once its traffic is seen."""
    traffic = 'slo:events:rate5m{slo="availability"}'
    wait_until(lambda: (value(stack, traffic) or 0) > 0, TRAFFIC_SECONDS, "the demo's traffic is seen")
    stack.run("demo", "break", "learnsnap", scenario)
