"""What a report tells a team of some days: budgets, pages, how soon they came and which were noise. Times are Unix
seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from slostack.backtest.model import Detection
from slostack.rules.page import AGAIN_WITHIN


@dataclass(frozen=True)
class SloReport:
    """An SLO: the share of its budget that is left at the end, below 0 where it is overspent, and that was spent; of a
    grouped one the worst label set's. None where nothing was counted."""

    slo: str
    objective: float
    window: str
    left: float | None
    spent: float | None
    pages: int


@dataclass(frozen=True)
class Page:
    """A time in which somebody was paged by one SLO or one alert, `subject`; `fired` are its tiers or the alert.

    `began` is when what it tells of began: the burn; of an alert of no SLO its condition, or, where it waits for
    nothing, the last burn of the service. `spent` is the share of the budget that was spent from then until its end: of
    an alert of no SLO the most of any SLO of the service. `again` tells that another one of the subject had ended
    within the hour before. `end` is None while it fires.
    """

    subject: str
    fired: tuple[str, ...]
    start: float
    end: float | None
    began: float | None = None
    spent: float | None = None
    again: bool = False

    @property
    def detected(self) -> float | None:
        """Seconds from the beginning to the page; None where it isn't known."""
        return None if self.began is None else self.start - self.began

    def is_noise(self, least: float) -> bool:
        """Whether it spent less than a share of the budget by its end, or fired again soon after the one before."""
        return self.again or (self.end is not None and self.spent is not None and self.spent < least)


@dataclass(frozen=True)
class ServiceReport:
    """A service's SLOs and pages, and the known incidents with what its alerts made of them."""

    service: str
    team: str
    slos: tuple[SloReport, ...]
    pages: tuple[Page, ...]
    detections: tuple[Detection, ...] = ()

    @property
    def incidents(self) -> tuple[tuple[Page, ...], ...]:
        """Its pages by incident: those that overlap, or follow within an hour of each other."""
        return incidents(self.pages)


@dataclass(frozen=True)
class Report:
    """A report of a span of time. A page is noise where it spent less than `least` of a budget."""

    source: str
    start: float
    end: float
    least: float
    services: tuple[ServiceReport, ...]
    silent: tuple[str, ...] = ()
    """Services of which nothing was recorded."""


def incidents(pages: Sequence[Page]) -> tuple[tuple[Page, ...], ...]:
    """Pages that overlap, or follow within an hour of each other."""
    found: list[list[Page]] = []
    until = float("-inf")
    for page in sorted(pages, key=lambda page: page.start):
        if page.start - until > AGAIN_WITHIN.seconds:
            found.append([])
        found[-1].append(page)
        until = max(until, float("inf") if page.end is None else page.end)
    return tuple(map(tuple, found))


def median_detected(pages: Sequence[Page]) -> float | None:
    """The median of the seconds in which pages came; None where no beginning is known."""
    known = [page.detected for page in pages if page.detected is not None]
    return median(known) if known else None
