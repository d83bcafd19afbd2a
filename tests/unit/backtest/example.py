"""A backtest as data: an edit that trades pages for tickets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from slostack.backtest import Backtest, Case, Firing, Incident, Outcome
from slostack.backtest.detections import detected

WEEKS = 4 * 7 * 86400


def at(day: int, time: str) -> float:
    """A time of November 2026 in UTC, as Unix seconds."""
    return datetime.fromisoformat(f"2026-11-{day:02}T{time}Z").timestamp()


def firing(tier: str, start: float, seconds: float | None) -> Firing:
    """A firing of a tier."""
    is_page = tier.startswith("page")
    severity = "critical" if is_page else "medium"
    return Firing("ErrorBudgetBurn", tier, severity, is_page, start, None if seconds is None else start + seconds)


def incident(title: str, start: float, minutes: float) -> Incident:
    """An incident of the service `learnsnap`."""
    begin, end = (datetime.fromtimestamp(each, UTC) for each in (start, start + 60 * minutes))
    return Incident(title=title, service="learnsnap", start=begin, end=end)


INCIDENTS = (
    incident("Database failover", at(3, "10:15:00"), 47),
    incident("Slow third party", at(12, "08:00:00"), 180),
    incident("Bad release", at(21, "14:02:00"), 9),
)
BEFORE = Outcome(
    objective=99.9,
    window="30d",
    policy="google",
    firings=(
        firing("page-5m", at(3, "10:16:41"), 47 * 60),
        firing("ticket-1d", at(3, "10:31:11"), 9000),
        firing("page-6h", at(12, "09:12:11"), 6630),
        firing("ticket-3d", at(12, "10:02:41"), 23 * 3600),
        firing("page-5m", at(21, "14:04:11"), 510),
    ),
    judged=WEEKS,
    spent=0.62,
    most_spent=0.71,
)
AFTER = Outcome(
    objective=99.5,
    window="30d",
    policy="google",
    firings=(firing("page-5m", at(3, "10:18:11"), 45.5 * 60), firing("ticket-3d", at(3, "10:41:11"), None)),
    judged=WEEKS,
    spent=0.12,
    most_spent=0.14,
)
BACKTEST = Backtest(
    revision="main (402bcd0)",
    source="https://prometheus.example",
    start=at(1, "00:00:00"),
    end=at(29, "00:00:00"),
    cases=(Case("learnsnap", "availability", detected(BEFORE, INCIDENTS), detected(AFTER, INCIDENTS), same=False),),
    incidents=INCIDENTS,
)


def with_notes(*notes: str) -> Backtest:
    """The same with notes on the whole and on its SLO."""
    (case,) = BACKTEST.cases
    return replace(BACKTEST, notes=notes, cases=(replace(case, notes=notes),))
