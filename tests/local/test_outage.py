"""A total outage pages, and spends budget although no request is counted."""

from __future__ import annotations

from tests.local.demo_stack import notifications, value
from tests.local.project import Project, wait_until

DOWN_SECONDS = 120
COUNTED_SECONDS = 420
"""One interval of the tier, another for the range that it counts to be all outage, and some."""


def test_an_outage_pages_and_the_budget_goes_down(own_stack: Project) -> None:
    budget = 'slo:error_budget_remaining:ratio{slo="availability"}'
    before = wait_until(lambda: value(own_stack, budget), 60, "the budget that the history left")
    own_stack.run("demo", "break", "learnsnap", "outage")
    (page,) = wait_until(
        lambda: notifications(own_stack, alert="ServiceDown", status="firing"), DOWN_SECONDS, "ServiceDown"
    )
    assert page["severity"] == "critical"
    wait_until(
        lambda: (value(own_stack, 'slo:outage_events:count5m{slo="availability"}') or 0) > 0,
        COUNTED_SECONDS,
        "the outage is counted",
    )
    wait_until(
        lambda: (value(own_stack, budget) or before) < before - 0.0005, 60, f"the budget goes down from {before:.4f}"
    )
