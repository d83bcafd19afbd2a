"""Events that no count has told yet, because evaluations were missed: the next count is of all of them."""

from __future__ import annotations

from dataclasses import dataclass

from slostack import names
from slostack.rules.grouping import Grouping
from slostack.rules.model import RecordingRule
from slostack.spec.quantities import Duration

LONGEST_GAP = Duration(70 * 60)
"""After a longer gap counting starts anew."""
MARGIN = Duration(60)
"""Keeps a range that reaches back to one count clear of the count before it."""
_MISSED = Duration(2 * names.TIER_INTERVAL.seconds - MARGIN.seconds)
"""A last count that is older than this has had no successor in time."""


@dataclass(frozen=True)
class Uncounted:
    """The series that says since when events are not counted; there is none where no count was missed."""

    series: str
    by: Grouping

    def of(self, expr: str, step: Duration, offset: Duration, shift: int = 0, every: Duration | None = None) -> str:
        """An expression's values, step by step, from the time since when events are not counted, shifted by seconds,
        to an offset ago: a range. `every` takes only those steps that are as many seconds apart from that time on."""
        shifted = f" {'-' if shift < 0 else '+'} {abs(shift)}" if shift else ""
        since = f"{self.series} @ end(){shifted}"
        later = f"{since} < time()"
        if every:
            # Whole numbers of steps before that time are added: a remainder has the sign of what is divided.
            ahead = -(-(LONGEST_GAP.seconds + step.seconds) // every.seconds) * every.seconds
            later += f" and ({since} + {ahead} - time()) % {every.seconds} < {step.seconds}"
        return (
            f"({expr} and {self.by.on} ({later}))[{LONGEST_GAP}:{step}]{f' offset {offset}' if offset.seconds else ''}"
        )

    def spared(self, in_the_gap: str, identity: str) -> str:
        """0 for each label set whose count makes up for others while an expression gives something, else 1."""
        return f"(0 * ({self.series} and on () ({in_the_gap})) or {self.by.on} {self.by.each(identity)})"


def uncounted_rule(last_count: str, offset: Duration) -> RecordingRule:
    """Records until when events were counted, where the count before this one was missed; counts end an offset ago."""
    counted_at = f"max_over_time(timestamp({last_count})[{LONGEST_GAP}:{MARGIN}])"
    return RecordingRule(
        names.UNCOUNTED, f"{counted_at} - {offset.seconds} unless count_over_time({last_count}[{_MISSED}])"
    )


def counted_span(age: Duration) -> Duration:
    """The span of the count that follows on one of this age."""
    return age if age <= LONGEST_GAP else names.TIER_INTERVAL
