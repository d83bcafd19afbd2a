"""The label sets that an SLO judges apart: one without labels, or one for each set of values of `group_by`."""

from __future__ import annotations

from dataclasses import dataclass

from slostack import names
from slostack.rules.model import RecordingRule

SEEN = "1h"
"""How long a label set keeps its place after its last series."""
_FIRST = "1e15"
"""Above any rate: who has a place keeps it."""


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

    def admitted(self, expr: str, identity: str) -> str:
        """An aggregated expression without the label sets that are beyond the limit."""
        return f"({expr})\nand {self.on} {names.GROUP_ADMITTED}{{{identity}}}" if self.labels else expr


def admission_rules(grouping: Grouping, traffic: str, identity: str) -> tuple[RecordingRule, ...]:
    """Which label sets are judged: those that were, then those with the most traffic; and how many are not."""
    if not grouping.labels:
        return ()
    judged = grouping.sum(f"0 * last_over_time({names.GROUP_ADMITTED}{{{identity}}}[{SEEN}]) + {_FIRST}")
    ranked = f"{traffic} + {grouping.on} {judged}\nor\n{traffic}"
    refused = f"count({traffic} unless {grouping.on} {names.GROUP_ADMITTED}{{{identity}}}) or vector(0)"
    return (
        RecordingRule(names.GROUP_ADMITTED, f"0 * topk({grouping.limit},\n{ranked}\n) + 1"),
        RecordingRule(names.GROUPS_REFUSED, refused),
    )
