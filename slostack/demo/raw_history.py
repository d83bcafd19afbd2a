"""A made-up, healthy hour of the demo's own metrics, as scrapes would have found them, for windows of up to an hour."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from random import Random

from prometheus_client.core import GaugeMetricFamily, Metric

from slostack.demo.conditions import ORDINARY
from slostack.demo.metrics import families
from slostack.demo.simulation import LearnSnap
from slostack.rules.ratio import RAW_WINDOW
from slostack.spec import Duration, Scrape, Service

LENGTH = Duration(RAW_WINDOW.seconds + 300)
"""The longest window that is read from raw series, and as much as the stack may take to start."""


def raw_history(service: Service, instance: str, now: float) -> Iterator[str]:
    """What each of a service's scrape jobs found at one instance (host:port) up to `now` (Unix time), as OpenMetrics
    lines: a family's samples together, those of a series in order of time."""
    lines: dict[str, list[str]] = {}
    for scrape in service.scrape:
        target = {"job": scrape.job, "instance": instance}
        for time, found in _scrapes(scrape, int(now)):
            for family in found:
                of_family = lines.setdefault(family.name, [f"# TYPE {family.name} {family.type}\n"])
                of_family += (_line(s.name, {**s.labels, **target}, s.value, time) for s in family.samples)
    for of_family in lines.values():
        yield from of_family


def _scrapes(scrape: Scrape, now: int) -> Iterator[tuple[int, list[Metric]]]:
    """The Unix times of a job's scrapes, the last one `now`, and the families found at each."""
    start = now - LENGTH.seconds
    learnsnap = LearnSnap(Random(start), start)
    up = GaugeMetricFamily("up", "", value=1)
    for time in range(start, now + 1):
        learnsnap.advance(time, ORDINARY)
        if (now - time) % scrape.interval.seconds == 0:
            yield time, [*families(learnsnap), up]


def _line(name: str, labels: Mapping[str, str], value: float, time: int) -> str:
    quoted = ",".join(f"{label}={json.dumps(text, ensure_ascii=False)}" for label, text in labels.items())
    return f"{name}{{{quoted}}} {float(value)!r} {time}\n"
