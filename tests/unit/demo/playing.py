"""Plays a simulated service on a clock of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from prometheus_client import Metric
from prometheus_client.samples import Sample

from slostack.demo.metrics import families
from slostack.demo.scenarios import MODELS, conditions_under
from slostack.demo.simulation import Simulation, Step

SERVICE = "learnsnap"


class Play:
    """A service whose time passes when told to."""

    def __init__(self, seed: int = 7, start: float = 0.0, service: str = SERVICE) -> None:
        self.now = start
        self.name = service
        self.service = Simulation(MODELS[service], Random(seed), start)

    def run(self, seconds: float, *scenarios: str, step: float = 1.0) -> list[Step]:
        """Passes time under the named scenarios."""
        conditions = conditions_under(self.name, scenarios)
        steps = []
        for _ in range(round(seconds / step)):
            self.now += step
            steps.append(self.service.advance(self.now, conditions))
        return steps

    def families(self) -> list[Metric]:
        """What a scrape would find now."""
        return list(families(self.service))

    def value(self, metric: str, **labels: str) -> float:
        """The sum of a metric's samples that have the labels."""
        found = [sample.value for sample in samples(self.families()) if matches(sample, metric, labels)]
        assert found, f"no sample of {metric} with {labels}"
        return sum(found)

    def increase(self, seconds: float, metric: str, *scenarios: str, **labels: str) -> float:
        """What a counter grows by in a time under the named scenarios."""
        before = self.value(metric, **labels)
        self.run(seconds, *scenarios)
        return self.value(metric, **labels) - before


def samples(metrics: Iterable[Metric]) -> Iterator[Sample]:
    """Every sample of the metrics."""
    for metric in metrics:
        yield from metric.samples


def matches(sample: Sample, metric: str, labels: dict[str, str]) -> bool:
    """Whether a sample is of the metric and has the labels."""
    return sample.name == metric and labels.items() <= sample.labels.items()
