"""What the end-to-end tests see of a stack: its notifications, and values in its Prometheus."""

from __future__ import annotations

import json
from typing import Any

from slostack.notifications import NotificationReader, store_folder
from tests.local.project import Project, wait_until

TRAFFIC_SECONDS = 90


def notifications(stack: Project, **expected: str) -> list[dict[str, Any]]:
    """The stored notifications that have these fields, the newest last."""
    stored = (each.as_dict() for each in NotificationReader(store_folder(stack.root)).read())
    return [each for each in stored if expected.items() <= each.items()]


def shown(stack: Project) -> list[dict[str, Any]]:
    """What the command shows of the notifications, the newest last."""
    return [json.loads(line) for line in stack.run("notifications", "--json").splitlines()]


def value(stack: Project, expression: str) -> float | None:
    """The first value of a query's result; None where there is none."""
    result = stack.query(expression)
    return float(result[0]["value"][1]) if result else None


def break_while_watched(stack: Project, scenario: str) -> None:
    """Breaks the demo once its traffic is seen."""
    traffic = 'slo:events:rate5m{slo="availability"}'
    wait_until(lambda: (value(stack, traffic) or 0) > 0, TRAFFIC_SECONDS, "the demo's traffic is seen")
    stack.run("demo", "break", "learnsnap", scenario)
