"""`slostack report` and `slostack status-page` of the demo's made-up month."""

from __future__ import annotations

import re

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


def test_the_status_page_shows_the_demos_month(stack: Project) -> None:
    wait_until(lambda: stack.query('slo:error_ratio:rate5m{slo="availability"}'), 90, "the demo is judged now")
    out = stack.root / "public"
    said = stack.run("status-page", "--out", str(out), "--days", "30")
    assert f"wrote {out}/index.html" in said
    assert "left out, as nothing is recorded of them: junkos, postfacta, stolen-tee" in said
    text = (out / "index.html").read_text(encoding="utf-8")
    assert '<h2 id="service-1">learnsnap</h2>' in text
    known = int(re.findall(r"The last 30 days: (\d+) operational", text)[0])
    assert known >= 27  # but for the day or two of the incident
