"""A status page as one HTML file that needs nothing else: no script, no picture, no other server."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from jinja2 import Environment, PackageLoader, StrictUndefined

from slostack.approximately import duration
from slostack.status_page.model import Day, ServiceStatus, State, StatusPage

OVERALL: dict[State, str] = {
    "operational": "All services are operational",
    "degraded": "Some services are degraded",
    "down": "Some services are down",
    "no data": "Nothing is known",
}
SYMBOLS: dict[State, str] = {"operational": "✓", "degraded": "▲", "down": "✕", "no data": "?"}
HEIGHTS: dict[State, int] = {"operational": 34, "degraded": 24, "down": 14, "no data": 4}
"""Of a day's bar: states differ by more than their colours."""
_PAGES = Environment(
    loader=PackageLoader("slostack.status_page"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def as_html(page: StatusPage, title: str) -> str:
    """The page, light or dark as its reader's system is."""
    return _PAGES.get_template("status.html.j2").render(
        page=page,
        title=title,
        overall=OVERALL[page.worst],
        symbols=SYMBOLS,
        heights=HEIGHTS,
        tallest=max(HEIGHTS.values()),
        days_in_words=days_in_words,
        day_in_words=day_in_words,
        uptime=uptime,
    )


def days_in_words(service: ServiceStatus) -> str:
    """How many days it was how, for those who don't see the bars."""
    counts = Counter(day.state for day in service.days)
    return ", ".join(f"{counts[state]} {state}" for state in SYMBOLS if counts[state])


def day_in_words(day: Day) -> str:
    """A day's state, and for how long."""
    minutes = {"down": day.down, "degraded": day.degraded}
    lasted = [
        f"{state} for {duration(timedelta(minutes=spent).total_seconds())}" for state, spent in minutes.items() if spent
    ]
    if day.state in ("degraded", "down"):
        return f"{day.day}: {', '.join(lasted)}"
    return f"{day.day}: {day.state}"


def uptime(service: ServiceStatus) -> str:
    """The share of the known time in which it wasn't down; never rounded up to all of it."""
    share = service.uptime
    if share is None:
        return ""
    return "100 %" if share == 1 else f"{min(share * 100, 99.99):.2f} %"
