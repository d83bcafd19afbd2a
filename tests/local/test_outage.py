"""A total outage pages and spends budget although no request is counted; its page comes again after a restart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local.demo_stack import notifications, value
from tests.local.project import Project, wait_until

DOWN_SECONDS = 120
MONTHLY_BUDGET_SECONDS = 43.2 * 60
COUNTED_SECONDS = 420
"""One interval of the tier, another for the range that it counts to be all outage, and some."""


def pages(stack: Project) -> list[dict[str, Any]]:
    """ServiceDown's notifications."""
    return notifications(stack, alert="ServiceDown", status="firing")


def test_an_outage_pages_and_spends_budget(own_stack: Project) -> None:
    budget = 'slo:error_budget_remaining:ratio{slo="availability"}'
    before = wait_until(lambda: value(own_stack, budget), 60, "the budget that the history left")
    own_stack.run("demo", "break", "learnsnap", "outage")
    (page,) = wait_until(lambda: pages(own_stack), DOWN_SECONDS, "ServiceDown")
    assert page["severity"] == "critical"
    states = {state["slo"]: state for state in json.loads(own_stack.run("status", "--json"))["slos"]}
    assert states["availability"]["down"]
    assert states["availability"]["seconds_left"] == pytest.approx(before * MONTHLY_BUDGET_SECONDS, rel=0.1)
    assert not states["error-rate"]["down"]
    wait_until(
        lambda: (value(own_stack, 'slo:outage_events:count5m{slo="availability"}') or 0) > 0,
        COUNTED_SECONDS,
        "the outage is counted",
    )
    wait_until(
        lambda: (value(own_stack, budget) or before) < before - 0.0005, 60, f"the budget goes down from {before:.4f}"
    )
    assert pages(own_stack) == [page]
