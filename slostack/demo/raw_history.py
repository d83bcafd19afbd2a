"""A made-up, healthy hour of the demo's own metrics, as scrapes would have found them, for windows of up to an hour."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from prometheus_client.core import GaugeMetricFamily, Metric

from slostack import names
from slostack.config.blackbox import probe_target
from slostack.demo.conditions import ORDINARY
from slostack.demo.metrics import families
from slostack.demo.model import Model
from slostack.demo.openmetrics import line
from slostack.demo.probes import probe_families
from slostack.demo.simulation import Simulation
from slostack.rules.ratio import RAW_WINDOW
from slostack.settings import WatchedService
from slostack.spec import Duration, Probe, Scrape, Service

STARTED = "process_start_time_seconds"
"""What no past has: it would tell of a restart when the demo starts."""
LENGTH = Duration(RAW_WINDOW.seconds + 300)
"""The longest window that is read from raw series, and as much as the stack may take to start."""


@dataclass(frozen=True)
class _Job:
    """What is scraped so often (seconds), and the labels that Prometheus adds."""

    labels: Mapping[str, str]
    every: int
    find: Callable[[Simulation, int], Iterator[Metric]]


def raw_history(service: Service, model: Model, watched: WatchedService, now: float) -> Iterator[str]:
    """What each of a service's scrape jobs and probes found up to `now` (Unix time), as OpenMetrics lines: a family's
    samples together, those of a series in order of time."""
    lines: dict[str, list[str]] = {}
    jobs = [_scraped(scrape, watched) for scrape in service.scrape]
    jobs += [_probed(service, probe, watched) for probe in service.probes]
    start, last = int(now) - LENGTH.seconds, int(now)
    simulation = Simulation(model, Random(start), start)
    for time in range(last - LENGTH.seconds, last + 1, math.gcd(LENGTH.seconds, *(job.every for job in jobs))):
        simulation.advance(time, ORDINARY)
        for job in jobs:
            if (last - time) % job.every == 0:
                found = [family for family in job.find(simulation, time) if family.name != STARTED]
                for family in (*found, GaugeMetricFamily("up", "", value=1)):
                    of_family = lines.setdefault(family.name, [f"# TYPE {family.name} {family.type}\n"])
                    of_family += (line(s.name, {**s.labels, **job.labels}, s.value, time) for s in family.samples)
    for of_family in lines.values():
        yield from of_family


def _scraped(scrape: Scrape, watched: WatchedService) -> _Job:
    labels = {"job": scrape.job, "instance": watched.targets[0]}
    return _Job(labels, scrape.interval.seconds, lambda simulation, _: families(simulation, scrape.path))


def _probed(service: Service, probe: Probe, watched: WatchedService) -> _Job:
    labels = {"job": names.probe_job(service.service, probe.name), "instance": probe_target(probe, watched) or ""}
    path = probe.path or ""
    return _Job(labels, probe.interval.seconds, lambda simulation, time: probe_families(simulation, path, time))
