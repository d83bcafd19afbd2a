"""A report as Markdown and as HTML; docs/report.md shows the first."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from markdown_it import MarkdownIt

from slostack.backtest import Incident
from slostack.backtest.detections import detection
from slostack.report import Report, ServiceReport, as_html, as_markdown
from tests.unit.backtest.example import at, firing, incident
from tests.unit.report.example import REPORT

DOCUMENT = (Path(__file__).parents[3] / "docs/report.md").read_text(encoding="utf-8")
HOSTILE = "[red]|x](http://a) `b`\n<script> **c**"


class Page(HTMLParser):
    """The tags and the text of a page; fails where a tag isn't closed."""

    VOID = ("meta",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.shown = ""
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.shown += data


def with_incidents() -> Report:
    known: tuple[Incident, ...] = (incident("Failover", at(3, "10:15:00"), 47), incident(HOSTILE, at(5, "00:00:00"), 9))
    firings = [firing("page-5m", at(3, "10:16:41"), 2820)]
    found = tuple(detection(each, firings) for each in known)
    return replace(REPORT, services=(replace(REPORT.services[0], detections=found),))


def test_the_document_shows_the_markdown() -> None:
    assert f"```markdown\n{as_markdown(REPORT)}```" in DOCUMENT, as_markdown(REPORT)


def test_the_summary_counts_pages_incidents_and_noise() -> None:
    summary = "4 pages in 2 incidents (2.0 an incident), 2 of them noise (50%), found after 1m 45s (median), 8m at most"
    assert summary in as_markdown(REPORT)
    assert "no page" in as_markdown(REPORT)
    assert "0 of them noise" in as_markdown(replace(REPORT, least=0.0, services=(_without_again(),)))


def _without_again() -> ServiceReport:
    service = REPORT.services[0]
    return replace(service, pages=tuple(replace(page, again=False) for page in service.pages))


def test_html_is_one_file_with_the_same_figures() -> None:
    page = Page(as_html(REPORT))
    assert {"script", "link", "img", "iframe"}.isdisjoint(page.tags)
    assert page.links == []
    assert page.tags.count("table") == 3
    for service in REPORT.services:
        assert service.service in page.shown
    for text in ("38.0%", "29.1%", "-12.4%", "availability (page-5m)", "1m 30s", "again within the hour", "junkos"):
        assert text in page.shown
        assert text in as_markdown(REPORT).replace("\\", "")


def test_known_incidents_are_held_against_what_fired_and_nothing_is_taken_for_markup() -> None:
    found = with_incidents()
    rendered = MarkdownIt("commonmark").enable("table").render(as_markdown(found))
    assert "<td>page-5m after 1m 41s</td>" in rendered
    assert "<td>missed</td>" in rendered
    assert {"script", "a", "strong", "code"}.isdisjoint(Page(rendered).tags)
    page = Page(as_html(found))
    assert "script" not in page.tags
    assert "<script> **c**" in page.shown
