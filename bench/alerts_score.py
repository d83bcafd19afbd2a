"""What the alerts of a rule set did about incidents: what people ask of an alert, in figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from bench.alerts_month import budget_spent
from slostack.simulation import Incident, Result, Scenario, Span
from slostack.simulation.notifications import Notification

PAGE = "critical"
"""The severity of pages in every rule set."""
LATE = 15 * 60.0
"""A page this long after an incident's end is still about it."""
WORTH_A_PAGE = 0.01
"""The least share of the month's budget that an incident spends for a page about it not to be false."""
SEVERE = 0.5


@dataclass(frozen=True)
class Verdict:
    """What alerts did about one incident. Times are in seconds, None where nobody was paged."""

    incident: Incident
    spent: float
    to_page: float | None
    to_end: float | None
    notifications: int


@dataclass(frozen=True)
class Score:
    """The verdicts of some months, and how many pages told of nothing that was worth one."""

    verdicts: tuple[Verdict, ...] = ()
    pages: int = 0
    false_pages: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.verdicts + other.verdicts, self.pages + other.pages, self.false_pages + other.false_pages)

    @property
    def false_share(self) -> float:
        return self.false_pages / self.pages if self.pages else 0.0

    def spending(self, least: float, most: float = float("inf")) -> list[Verdict]:
        """The verdicts on incidents that spent a share of the budget."""
        return [verdict for verdict in self.verdicts if least <= verdict.spent < most]

    def times_to_page(self, least_error_ratio: float = 0.0) -> list[float]:
        return [
            verdict.to_page
            for verdict in self.verdicts
            if verdict.to_page is not None and verdict.incident.error_ratio >= least_error_ratio
        ]

    def times_to_end(self) -> list[float]:
        return [verdict.to_end for verdict in self.verdicts if verdict.to_end is not None]

    def notifications(self) -> list[int]:
        """Of each incident that somebody was paged for."""
        return [verdict.notifications for verdict in self.verdicts if verdict.notifications]


def score(scenario: Scenario, result: Result, sent: Iterable[Notification], objective: float) -> Score:
    """Judges the pages of a simulated month: when notifications came, and when the last alert of them ended."""
    incidents = scenario.targets[0].incidents
    pages = [each for each in sent if any(labels.get("severity") == PAGE for labels in each.firing)]
    news = [page for page in pages if not page.is_repeated]
    firing = result.firing(severity=PAGE)
    verdicts = [_verdict(incident, budget_spent(scenario, incident, objective), news, firing) for incident in incidents]
    worth = [verdict.incident for verdict in verdicts if verdict.spent >= WORTH_A_PAGE]
    false = [page for page in news if not any(_about(page.at, incident) for incident in worth)]
    return Score(tuple(verdicts), len(news), len(false))


def _verdict(incident: Incident, spent: float, news: Sequence[Notification], firing: Sequence[Span]) -> Verdict:
    about = [page.at for page in news if _about(page.at, incident)]
    ends = [span.end for span in firing if span.start < incident.end + LATE and span.end > incident.start]
    return Verdict(
        incident=incident,
        spent=spent,
        to_page=about[0] - incident.start if about else None,
        to_end=max(ends) - incident.end if about and max(ends) >= incident.end else None,
        notifications=len(about),
    )


def _about(at: float, incident: Incident) -> bool:
    return incident.start <= at < incident.end + LATE


def p90(values: Sequence[float]) -> float:
    """The ninetieth percentile."""
    return quantiles(values, n=10, method="inclusive")[-1] if len(values) > 1 else median(values)
