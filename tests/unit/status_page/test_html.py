"""The page: what it shows, to everybody, and what it keeps to itself."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from slostack.status_page import Day, ServiceStatus, StatusPage, as_html
from slostack.status_page.model import State
from tests.unit.report.test_formats import Page

AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
FIRST = date(2026, 9, 2)
WHOLE = 1440


def service(name: str, now: State, *troubles: tuple[int, int, int]) -> ServiceStatus:
    """A service with ninety days, some of them (by number) degraded and down for minutes."""
    days = [Day(FIRST + timedelta(days=number), WHOLE, 0, 0) for number in range(90)]
    for number, degraded, down in troubles:
        days[number] = Day(days[number].day, WHOLE, degraded, down)
    days[3] = Day(days[3].day, 0, 0, 0)
    return ServiceStatus(name, now, tuple(days))


PAGE = StatusPage(AT, (service("shop", "down", (10, 25, 0), (89, 5, 70)), service("<b>api", "operational")))


def test_each_service_has_its_state_days_and_troubles_in_words() -> None:
    text = as_html(PAGE, "Acme & Co")
    page = Page(text)
    for said in (
        "Acme & Co",
        "Some services are down",
        "Days with trouble: 2",
        "2026-09-12: degraded for 25m",
        "2026-11-30: down for 1h 10m, degraded for 5m",
        "up 99.95 % of the time",
        "As of 2026-11-30 12:00 UTC",
        "<b>api",
    ):
        assert said in page.shown, said
    assert 'aria-label="The last 90 days: 87 operational, 1 degraded, 1 down, 1 no data"' in text
    assert page.tags.count("rect") == 180
    assert page.tags.count("details") == 1


def test_it_needs_nothing_else_and_runs_nothing() -> None:
    text = as_html(PAGE, "Status")
    page = Page(text)
    assert {"script", "link", "img", "iframe", "form"}.isdisjoint(page.tags)
    assert page.links == []
    assert not re.search(r"url\(|https?:|@import| on\w+=", text)
    assert "default-src 'none'" in text


def test_it_can_be_read_by_everybody() -> None:
    """Titles, a language, a name for each picture, states that differ by more than colour."""
    text = as_html(PAGE, "Status")
    assert '<html lang="en">' in text
    assert text.count("<h1>") == 1
    for number in (1, 2):
        assert f'aria-labelledby="service-{number}"' in text
        assert f'<h2 id="service-{number}">' in text
    assert text.count('role="img"') == text.count('aria-label="') == 2
    heights = {
        state: re.findall(rf'class="{state}" x="\d+" y="\d+" width="8" height="(\d+)"', text)[0]
        for state in ("operational", "degraded", "down", "no-data")
    }
    assert len(set(heights.values())) == 4


def luminance(color: str) -> float:
    """Of a colour, as WCAG has it."""
    digits = color if len(color) == 6 else "".join(digit * 2 for digit in color)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_have_the_contrast_of_wcag(theme: int) -> None:
    roots = re.findall(r":root \{(.*?)\}", as_html(PAGE, "Status"), re.DOTALL)
    colors = {name: luminance(value) for name, value in re.findall(r"--([\w-]+): #([0-9a-f]+)", roots[theme])}
    for name, least in (
        ("text", 4.5),
        ("soft", 4.5),
        ("operational", 4.5),
        ("degraded", 4.5),
        ("down", 4.5),
        ("none", 3),
    ):
        for ground in ("page", "card") if name in ("text", "soft") else ("card",):
            dark, light = sorted((colors[name], colors[ground]))
            assert (light + 0.05) / (dark + 0.05) >= least, (name, ground)


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (("operational", "no data"), "All services are operational"),
        (("operational", "degraded"), "Some services are degraded"),
        (("degraded", "down", "operational"), "Some services are down"),
        (("no data",), "Nothing is known"),
    ],
)
def test_the_page_says_the_worst_first(states: tuple[State, ...], said: str) -> None:
    page = StatusPage(AT, tuple(service(f"s{number}", state) for number, state in enumerate(states)))
    assert said in Page(as_html(page, "Status")).shown


def test_uptime_is_not_rounded_up_to_all_of_it() -> None:
    page = StatusPage(AT, (service("shop", "operational", (5, 0, 5)),))
    assert "up 99.99 % of the time" in as_html(page, "Status")
    nearly = StatusPage(AT, (ServiceStatus("shop", "operational", (Day(FIRST, 10**7, 0, 5),)),))
    assert "up 99.99 % of the time" in as_html(nearly, "Status")
