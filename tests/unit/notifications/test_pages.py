"""The receiver's web pages."""

from __future__ import annotations

import re
from html import unescape

import pytest

from slostack.notifications.server import SHOWN
from tests.unit.notifications.conftest import Site
from tests.unit.notifications.messages import (
    DASHBOARD_LINK,
    LOGS_LINK,
    QUERY_URL,
    RUNBOOK_URL,
    SILENCE_URL,
    alert,
    message,
)


def test_the_page_shows_the_newest_first_with_links_and_escapes(site: Site) -> None:
    site.post(
        message(alert(summary="<script>alert(1)</script>"), alert("resolved", dashboard_url="javascript:alert(1)"))
    )
    page = site.get("/")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.text.index('<article class="resolved">') < page.text.index('<article class="firing">')
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text
    links = re.findall('<a href="(http[^"]*)">(.*)</a>', page.text)
    assert [(unescape(url), name) for url, name in links] == [
        *((RUNBOOK_URL, "runbook"), (QUERY_URL, "query"), (SILENCE_URL, "silence")),
        *((RUNBOOK_URL, "runbook"), (DASHBOARD_LINK, "dashboard"), (LOGS_LINK, "logs")),
        *((QUERY_URL, "query"), (SILENCE_URL, "silence")),
    ]
    assert "javascript:" not in page.text
    assert "over after 20m</h2>" in page.text
    assert "respond within 5 min, judged over 5m; since 2026-05-04 03:00 UTC (0s ago); team learnsnap" in page.text


def test_the_page_shows_no_more_than_fits(site: Site) -> None:
    assert "None so far" in site.get("/").text
    site.post(message(*(alert(summary=f"n{n}") for n in range(SHOWN + 3))))
    page = site.get("/").text
    assert page.count("<article") == SHOWN
    assert "3 older ones" in page
    assert "n2<" not in page


def test_runbooks_are_served_as_readable_pages(site: Site) -> None:
    page = site.get("/runbooks/learnsnap/service-down.md")
    assert page.status_code == 200
    assert "<h1>Down</h1>" in page.text
    assert "<td>1</td>" in page.text
    assert "&lt;b&gt;2&lt;/b&gt;" in page.text
    assert '<a href="/runbooks/learnsnap/service-down.md">' in site.get("/runbooks/").text


@pytest.mark.parametrize(
    "path",
    [
        "/runbooks/../secret.md",
        "/runbooks/%2e%2e/secret.md",
        "/runbooks/learnsnap/../../secret.md",
        "/runbooks/..%2Fsecret.md",
        "/runbooks//etc/passwd",
        "/runbooks/learnsnap",
        "/runbooks/learnsnap/none.md",
        "/runbooks/learnsnap/service-down.md%00.md",
        "/runbooks/link.md",
        "/secret.md",
    ],
)
def test_nothing_outside_the_runbooks_is_served(site: Site, path: str) -> None:
    (site.runbooks / "link.md").symlink_to(site.runbooks.parent / "secret.md")
    absolute = path.replace("//etc/passwd", str(site.runbooks.parent / "secret.md"))
    answer = site.raw(f"GET {absolute} HTTP/1.0\r\n\r\n".encode())
    assert b" 404 " in answer.splitlines()[0]
    assert b"Secret" not in answer
