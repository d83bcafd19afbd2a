"""Samples as they are found, under the names by which they are or would be recorded, put together as histories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from slostack import names
from slostack.backtest.history import Floats, History, Labels, Times, milliseconds
from slostack.backtest.prometheus import Series
from slostack.spec import Duration

_APART = milliseconds(names.EVALUATION_INTERVAL) // 2
"""What is recorded in one evaluation has one time; what is computed later may miss it by less than this."""
Sampled = tuple[Times, Floats]


@dataclass
class Found:
    """What one SLI did, in parts that may come in any order: when its groups were evaluated, and samples by name and
    label set."""

    evaluated: list[Times] = field(default_factory=list)
    counted: list[Times] = field(default_factory=list)
    samples: dict[tuple[str, Labels], list[Sampled]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, group_by: Sequence[str], series: Iterable[Series]) -> None:
        """Adds series under a name."""
        for each in series:
            labels = tuple((label, each.labels.get(label, "")) for label in group_by)
            self.samples[name, labels].append((each.times, each.values))

    def join(self, other: Found) -> None:
        """Adds all that was found elsewhere."""
        self.evaluated += other.evaluated
        self.counted += other.counted
        for key, parts in other.samples.items():
            self.samples[key] += parts

    def replace(self, better: Found) -> None:
        """Takes other samples for those of the same name, label set and time."""
        for key, parts in better.samples.items():
            for times, values in parts:
                kept = [(at[~(again := np.isin(at, times))], old[~again]) for at, old in self.samples[key]]
                self.samples[key] = [*kept, (times, values)]

    @property
    def groups(self) -> list[Labels]:
        """The label sets that were counted or judged."""
        return sorted({labels for _, labels in self.samples})

    def of(self, name: str, labels: Labels) -> Sampled:
        """The samples of a name and label set, in the order of time."""
        return _joined(self.samples.get((name, labels), ()))

    def histories(self, windows: Iterable[Duration]) -> tuple[History, ...]:
        """One history per label set, with these windows."""
        evaluated, counted = concatenated(self.evaluated), concatenated(self.counted)
        return tuple(
            History(
                labels=labels,
                evaluated=evaluated,
                ratios={w: aligned(evaluated, *self.of(names.error_ratio(w), labels)) for w in windows},
                rates={w: aligned(evaluated, *self.of(names.event_rate(w), labels)) for w in windows},
                counted=counted,
                bad=aligned(counted, *self.of(names.BAD_EVENTS, labels)),
                events=aligned(counted, *self.of(names.EVENTS, labels)),
            )
            for labels in self.groups
        )


def concatenated(times: Sequence[Times]) -> Times:
    """All times in their order, each once."""
    every = np.sort(np.concatenate(times)) if times else np.zeros(0, np.int64)
    return every[np.concatenate(([True], np.diff(every) > 0))] if len(every) else every


def _joined(parts: Iterable[Sampled]) -> Sampled:
    parts = tuple(parts)
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0)
    times, values = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.argsort(times, kind="stable")
    return times[order], values[order]


def aligned(ends: Times, times: Times, values: Floats) -> Floats:
    """The values at these times; NaN where there is none within half an evaluation."""
    found = np.full(len(ends), np.nan)
    if len(ends):
        nearest = np.minimum(np.searchsorted(ends, times - _APART, side="right"), len(ends) - 1)
        near = np.abs(ends[nearest] - times) < _APART
        found[nearest[near]] = values[near]
    return found
