"""A page that was told before the stack went down is told again when it is back: twice is better than never."""

from __future__ import annotations

from tests.local.demo_stack import break_while_watched
from tests.local.project import Project, wait_until
from tests.local.test_outage import DOWN_SECONDS, pages


def test_an_outage_pages_again_after_a_restart(project: Project) -> None:
    project.set_local(demo=["learnsnap"], history=False)
    project.run("up")
    break_while_watched(project, "outage")
    wait_until(lambda: pages(project), DOWN_SECONDS, "ServiceDown")
    project.run("down")
    project.run("up")
    wait_until(lambda: len(pages(project)) == 2, DOWN_SECONDS, "ServiceDown again")
