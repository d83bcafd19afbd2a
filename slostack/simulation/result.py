"""What a simulation gave: what each alert did, and what queries answered. Times are seconds since its start."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from slostack.simulation.scenario import START, Span

State = Literal["pending", "firing", "inactive", "lost"]


@dataclass(frozen=True)
class Transition:
    """An alert's state from a time on. It is lost when the server goes down; Alertmanager takes it for resolved at
    `until`, if it doesn't hear of it again."""

    at: float
    labels: Mapping[str, str]
    state: State
    until: float | None = None


@dataclass(frozen=True)
class Sample:
    """One series of a query's answer."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Result:
    """Transitions in the order of time; the samples that each query gave, by the query's name and the time."""

    transitions: tuple[Transition, ...]
    answers: Mapping[str, Mapping[float, tuple[Sample, ...]]]

    def firing(self, **labels: str) -> tuple[Span, ...]:
        """When alerts with these labels fired, one span per alert and time; without an end where it still fires."""
        ends: dict[frozenset[tuple[str, str]], float] = {}
        spans: list[Span] = []
        for each in self.transitions:
            key = frozenset(each.labels.items())
            if not labels.items() <= each.labels.items():
                continue
            if each.state == "firing":
                ends[key] = each.at
            elif key in ends:
                spans.append(Span(ends.pop(key), each.at))
        spans += [Span(start, float("inf")) for start in ends.values()]
        return tuple(sorted(spans, key=lambda span: span.start))

    def value(self, query: str, at: float) -> float | None:
        """The one value of a query's answer at a time; None where it gave nothing."""
        samples = self.answers[query].get(round(at, 3), ())
        assert len(samples) <= 1, f"{query} at {at} gave {len(samples)} series"
        return samples[0].value if samples else None


def read_result(output: str) -> Result:
    """What the simulator wrote."""
    transitions: list[Transition] = []
    answers: dict[str, dict[float, tuple[Sample, ...]]] = defaultdict(dict)
    for line in map(json.loads, output.splitlines()):
        at = _since_start(line["at"])
        if "alert" in line:
            until = _since_start(line["until"]) if "until" in line else None
            transitions.append(Transition(at, line["alert"], line["state"], until))
        else:
            samples = tuple(Sample(each["labels"], float(each["value"])) for each in line["samples"])
            answers[line["query"]][at] = samples
    return Result(tuple(transitions), dict(answers))


def _since_start(at: float) -> float:
    return round(at - START, 3)
