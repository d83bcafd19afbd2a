"""`slostack report` and `slostack status-page` of the demo's made-up month."""

from __future__ import annotations

from tests.local.project import Project, wait_until


def test_the_report_tells_of_the_demos_week(stack: Project) -> None:
    """By the Prometheus that the command finds by itself."""
    wait_until(lambda: len(stack.query("slo:info")) == 6, 60, "all SLOs are judged")
    text = stack.run("report", "--week")
    assert f"From {stack.url('prometheus')}." in text
    assert "## learnsnap (team learnsnap)" in text
    assert "| availability | 99.9 % / 30d | " in text
    assert "nothing was recorded of junkos, postfacta, stolen-tee" in text
    assert "has nothing of junkos in that time" in stack.run("report", "junkos", "--week", exit_code=1)
