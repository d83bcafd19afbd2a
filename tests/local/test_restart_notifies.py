"""What still fires after the stack was down is notified again: a page twice is better than never."""

from __future__ import annotations

from tests.local.demo_stack import notifications
from tests.local.project import Project, wait_until

DOWN_SECONDS = 120


def test_an_alert_that_fires_after_a_restart_is_notified(own_stack: Project) -> None:
    def pages() -> int:
        return len(notifications(own_stack, alert="ServiceDown", status="firing"))

    own_stack.run("demo", "break", "learnsnap", "outage")
    wait_until(lambda: pages() == 1, DOWN_SECONDS, "ServiceDown")
    own_stack.run("down")
    own_stack.run("up")
    wait_until(lambda: pages() == 2, DOWN_SECONDS, "ServiceDown again")
