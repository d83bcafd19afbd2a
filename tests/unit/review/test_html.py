"""The HTML page: it needs nothing else, takes nothing for markup, and draws what changed on one scale."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from typing import Any

import pytest

from slostack.backtest.prometheus import Prometheus
from slostack.review import Change, Part, Review, Section, as_html
from slostack.review.changes import Json
from slostack.review.panels import compared
from tests.unit.backtest.test_prometheus import SUCCESS, asked, server
from tests.unit.review.conftest import Repository
from tests.unit.review.test_panel_changes import at, panel

VOID = ("meta", "br")


class _Page(HTMLParser):
    """Fails where an element isn't closed, keeps every address and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [str(value) for name, value in attrs if name in ("href", "src", "srcset")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_data(self, data: str) -> None:
        self.text += data


def page(old: list[Json], new: list[Json], prometheus: Prometheus | None = None) -> str:
    """The page of a dashboard whose panels became others."""
    dashboards = compared({"panels": old}, {"panels": new}, generated=False)
    part = Part("own.json", "changed", (Section("Dashboard panels", dashboards.changes),), dashboards)
    return as_html(Review("main (1234567)", (part,)), prometheus)


def limits(text: str) -> list[float]:
    """How high the limits of all pictures stand, in their order."""
    return [float(y) for y in re.findall(r'class="limit"[^>]* y1="([0-9.]+)"', text)]


def test_the_page_needs_nothing_else(repository: Repository) -> None:
    repository.edit("objective: 99.9", "objective: 99.5")
    text = as_html(repository.review())
    found = _Page(text)
    assert found.addresses == []
    assert "url(" not in text
    assert "<script" not in text
    assert "prefers-color-scheme: dark" in text
    assert "43.2 min → 216 min of budget in 30d" in found.text
    assert "made-up data" in found.text


def test_nothing_changed() -> None:
    assert "No change against" in _Page(as_html(Review("HEAD (1)", ()))).text


def test_nothing_is_taken_for_markup() -> None:
    hostile = "<script>alert(1)</script>&\"'"
    part = Part(hostile, "changed", (Section(hostile, (Change("added", hostile, (), hostile),)),))
    assert "<script" not in as_html(Review(hostile, (part,), (hostile,)))
    old = panel(hostile, hostile, unit=hostile, gridPos={"x": 0, "y": 0, "w": 24, "h": 8})
    new = {**panel(hostile, "up", unit=hostile, limit=3), "gridPos": {"x": 0, "y": 9, "w": 12, "h": 8}}
    assert "<script" not in _Page(page([old], [new])).text.replace(hostile, "")
    assert "<script" not in page([old], [new])


def test_both_sides_have_one_scale_and_the_changed_threshold_stands_elsewhere() -> None:
    text = page([panel("P", limit=0.1)], [panel("P", limit=4)])
    before, after = limits(text)
    assert before > after
    ticks = re.findall(r'class="tick"[^>]*>([^<]*)<', text)
    assert ticks[: len(ticks) // 2] == ticks[len(ticks) // 2 :]
    same = limits(page([panel("P", limit=0.1)], [panel("P", "up + 1", limit=0.1)]))
    assert same[0] == same[1]


def test_a_moved_panel_is_marked_where_it_stands_before_and_after() -> None:
    text = page([at("A", 0, 0), at("B", 12, 0), at("C", 0, 8)], [at("C", 0, 0), at("A", 12, 0), at("B", 0, 8)])
    cells = re.findall(r'<rect class="cell ?(\w*)" x="(\d+)" y="(\d+)"', text)
    assert [cell for cell in cells if cell[0]] == [("moved", "1", "41"), ("moved", "1", "1")]
    assert 'class="line"' not in text  # what it shows is as before


def test_data_of_a_prometheus_is_drawn() -> None:
    now = int(time.time())
    values = ", ".join(f'[{now - 600 * nth}, "{nth % 7}"]' for nth in range(30, 0, -1))
    with server(200, SUCCESS.replace("[]", f'[{{"metric": {{}}, "values": [{values}]}}]') % "") as url:
        before, after = [panel("P", 'rate(x{a=~"$b"}[$__rate_interval])')], [panel("P", "rate(y[$other])")]
        text = page(before, after, Prometheus(url))
    assert {form["query"] for form in asked} == {'rate(x{a=~".*"}[5m])'}
    assert f"the last 6 h in {url}" in text
    assert "made-up" not in text
    assert text.count('class="line"') == 1
    with server(400, '{"status": "error", "error": "bad query"}') as url:
        assert "bad query" in page([panel("P")], [panel("P", "up + 1")], Prometheus(url))


@pytest.mark.parametrize(
    "odd",
    [
        {"targets": 3},
        {"targets": ["x", {"expr": 3}]},
        {"fieldConfig": []},
        {"fieldConfig": {"defaults": {"thresholds": {"steps": ["x", {"value": "y"}]}}}},
        {"gridPos": {"x": "left"}},
        {"type": "logs", "targets": [{"expr": '{job="x"}'}]},
        {"type": "stat"},
        {"type": "gauge", "fieldConfig": {"defaults": {"unit": "bytes", "thresholds": {"steps": [{"value": 2e9}]}}}},
    ],
)
def test_panels_of_every_sort(odd: dict[str, Any]) -> None:
    _Page(page([panel("P", "up")], [{**panel("P", "up + 1"), "title": "Q", **odd}]))
