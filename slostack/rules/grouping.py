"""The label sets that an SLO judges apart: one without labels, or one for each set of values of `group_by`."""

from __future__ import annotations

from dataclasses import dataclass

from slostack import names
from slostack.rules.model import RecordingRule
from slostack.spec.quantities import Duration

SEEN = "1h"
"""How long a label set keeps its place after it was last judged."""
_FIRST = "1e12"
"""Above any rate: who has a place keeps it."""
_JUDGED_BY = Duration(300)


@dataclass(frozen=True)
class Grouping:
    """Aggregates and matches by the labels of `group_by`; without any, into one."""

    labels: tuple[str, ...]
    limit: int

    def sum(self, expr: str, *also: str) -> str:
        """The sum of an expression, by further labels too."""
        return self.aggregate("sum", expr, *also)

    def aggregate(self, operator: str, expr: str, *also: str) -> str:
        """An aggregation by the labels and by further ones."""
        labels = (*self.labels, *also)
        return f"{operator} by ({', '.join(labels)}) ({expr})" if labels else f"{operator}({expr})"

    @property
    def on(self) -> str:
        """Matches label sets of recorded and of computed series."""
        return f"on ({', '.join(self.labels)})"

    def each(self, identity: str) -> str:
        """1 for each label set that is judged."""
        return f"{names.GROUP_ADMITTED}{{{identity}}}" if self.labels else "vector(1)"

    def admitted(self, expr: str, identity: str) -> str:
        """An aggregated expression without the label sets that are beyond the limit."""
        return f"({expr})\nand {self.on} {self.each(identity)}" if self.labels else expr


def admission_rules(by: Grouping, present: str, identity: str) -> tuple[RecordingRule, ...]:
    """Which label sets are judged: those that were in the last hour, then the busiest; and how many are not.

    Who was judged is told by what was recorded of it, so a place that only an idle memory holds is free after an hour.
    """
    if not by.labels:
        return ()
    lately = " or ".join(
        by.aggregate("max", f"max_over_time({name}{{{identity}}}[{SEEN}]) + {_FIRST}")
        for name in (names.event_rate(_JUDGED_BY), names.EVENTS)
    )
    refused = f"count({present} unless {by.on} {names.GROUP_ADMITTED}{{{identity}}}) or vector(0)"
    return (
        RecordingRule(names.GROUP_ADMITTED, f"0 * topk({by.limit},\n{lately}\nor\n{present}\n) + 1"),
        RecordingRule(names.GROUPS_REFUSED, refused),
    )
