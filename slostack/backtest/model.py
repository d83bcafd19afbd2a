"""What a backtest tells: which alerts would have fired, and what that is worth. Times are Unix seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slostack.backtest.incidents import Incident

WEEK = 7 * 86400


@dataclass(frozen=True)
class Firing:
    """One alert from its first evaluation that fires to the first that doesn't; `end` is None while it still fires.

    `tier` is empty for alerts of no tier. `labels` name the label set of a grouped SLO.
    """

    alert: str
    tier: str
    severity: str
    is_page: bool
    start: float
    end: float | None
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The tier, or the alert where it has none."""
        return self.tier or self.alert


@dataclass(frozen=True)
class Span:
    """A time from `start` to `end`."""

    start: float
    end: float


@dataclass(frozen=True)
class Detection:
    """What the alerts of an SLO made of a known incident: the first one that told of it, None where it was missed.

    `seconds` is from the incident's start; 0 where a page of before went on.
    """

    incident: Incident
    first: Firing | None
    seconds: float | None
    paged_after: float | None


@dataclass(frozen=True)
class Outcome:
    """What one version of an SLO would have done.

    `judged` are the seconds that its evaluations stand for. `spent` is the share of the error budget that is spent over
    the SLO's window when the replay ends, `most_spent` the most at any time of it (of a grouped SLO the worst label
    set's); None where nothing was counted.
    """

    objective: float
    window: str
    policy: str
    firings: tuple[Firing, ...]
    judged: float
    spent: float | None
    most_spent: float | None
    detections: tuple[Detection, ...] = ()

    @property
    def pages(self) -> tuple[Span, ...]:
        """The times in which somebody was paged: page tiers that fire together are one page."""
        return tuple(together([firing for firing in self.firings if firing.is_page]))

    @property
    def pages_per_week(self) -> float | None:
        """Pages per week that was judged; None where none was."""
        return len(self.pages) * WEEK / self.judged if self.judged else None

    @property
    def caught(self) -> int:
        """How many of the known incidents an alert told of."""
        return sum(detection.first is not None for detection in self.detections)


@dataclass(frozen=True)
class Case:
    """One SLO before and after the edit; None where it isn't there. `same` tells that the edit doesn't touch it.

    `notes` say what could not be replayed exactly.
    """

    service: str
    slo: str
    before: Outcome | None
    after: Outcome | None
    same: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Backtest:
    """The replay of a span of time: of the working tree's SLOs, against those of a revision."""

    revision: str
    source: str
    start: float
    end: float
    cases: tuple[Case, ...]
    incidents: tuple[Incident, ...] = ()
    notes: tuple[str, ...] = ()


def together(firings: Iterable[Firing]) -> Iterator[Span]:
    """Spans without a break between them; an alert that still fires has no end yet."""
    start = end = None
    for firing in sorted(firings, key=lambda firing: firing.start):
        until = float("inf") if firing.end is None else firing.end
        if start is None or end is None:
            start, end = firing.start, until
        elif firing.start <= end:
            end = max(end, until)
        else:
            yield Span(start, end)
            start, end = firing.start, until
    if start is not None and end is not None:
        yield Span(start, end)
