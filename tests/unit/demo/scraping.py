"""What Prometheus would have scraped of a service that is played, and Loki counted of its log, for promtool."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from random import Random

from prometheus_client import Metric

from slostack import names
from slostack.demo.logs import LogLine, log_lines
from slostack.demo.metrics import families
from slostack.demo.probes import base_url, probe_families
from slostack.demo.scenarios import MODELS
from slostack.rules.logs import AGE, INTERVAL
from slostack.spec import Service
from slostack.spec.needs import need_job
from tests.unit.demo.playing import Play, samples

INSTANCE = "demo"
START = 1_800_000_000
"""Unix time of what is 0 to promtool."""
_UNIX_TIME = re.compile(r".*_(timestamp|start_time)_seconds|.*_cert_expiry")
_FILTER = re.compile(r'\{job="[\w-]+"\} \| json \| (\w+) (!?=) "(\w*)"')

Values = dict[str, list[str]]
"""By series its values in promtool's notation, one per interval."""


class Scraping:
    """A service whose metrics are scraped, and whose log is counted, while it is played."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._values: Values = {}
        self._play = Play(service=service.service, start=START)
        self._random = Random(1)
        self._lines: list[LogLine] = []
        self._count = 0

    @cached_property
    def interval(self) -> int:
        """Seconds that every job's interval is a multiple of."""
        scrapes = [scrape.interval.seconds for scrape in self.service.scrape]
        return math.gcd(*scrapes, *(probe.interval.seconds for probe in self.service.probes))

    def run(self, minutes: int) -> Values:
        """What is found in so many minutes of an ordinary day."""
        for _ in range(minutes * 60 // self.interval):
            self._go_on()
        return self._values

    def _go_on(self) -> None:
        for _ in range(3):
            for step in self._play.run(self.interval / 3, step=self.interval / 3):
                self._lines += log_lines(self._random, step)
        found = {**dict(self._scraped()), **({} if self._count else self._usually_counted())}
        if self._play.now % INTERVAL.seconds == 0:
            found |= self._counted()
        seldom = self._seldom
        for series in self._values.keys() | found.keys():
            past = self._values.setdefault(series, ["_"] * self._count)
            if series in found:
                past.append(f"{found[series]:.15g}")
            else:
                past.append("_" if any(job in series for job in seldom) else "stale")
        self._count += 1

    @property
    def _seldom(self) -> list[str]:
        """The jobs that are not scraped now, and what Loki doesn't count now."""
        jobs = [f'job="{job}"' for job, every, _ in self._jobs() if self._play.now % every]
        return [*jobs, names.LOG_LINES] if self._play.now % INTERVAL.seconds else jobs

    def _jobs(self) -> Iterator[tuple[str, int, str]]:
        """Each job with its interval in seconds and its path."""
        for scrape in self.service.scrape:
            yield scrape.job, scrape.interval.seconds, scrape.path
        for need in self.service.needs:
            yield need_job(self.service.service, need), self.service.scrape_interval.seconds, f"/{need}/metrics"
        for probe in self.service.probes:
            yield names.probe_job(self.service.service, probe.name), probe.interval.seconds, probe.path or ""

    def _scraped(self) -> Iterator[tuple[str, float]]:
        simulation = self._play.service
        for job, every, path in self._jobs():
            if self._play.now % every:
                continue
            found: list[Metric] = []
            is_probe = "/" in job
            labels = {"job": job, "instance": base_url(self.service.service) + path if is_probe else INSTANCE}
            if is_probe:
                found = list(probe_families(simulation, path, self._play.now))
            elif simulation.conditions.answers:
                found = list(families(simulation, path))
            yield _series("up", labels), float(is_probe or simulation.conditions.answers)
            for sample in samples(found):
                since = START if _UNIX_TIME.fullmatch(sample.name) else 0
                yield _series(sample.name, {**labels, **sample.labels}), sample.value - since

    def _usually_counted(self) -> Mapping[str, float]:
        """What Loki has counted some time before."""
        return {
            _series(
                names.LOG_LINES, {names.SERVICE: self.service.service, names.COUNT: count.name, "error_type": each}
            ): 1
            for count in self.service.log_counts
            for each in MODELS[self.service.service].usual_errors
            if count.by == ("error_type",)
        }

    def _counted(self) -> Mapping[str, float]:
        """The log's counts as the ruler would write them a little later."""
        found: dict[str, float] = {}
        now = self._play.now - AGE.seconds + INTERVAL.seconds
        for count in self.service.log_counts:
            field, operator, value = _FILTER.fullmatch(count.query).groups()  # type: ignore[union-attr]
            counts: Counter[tuple[tuple[str, str], ...]] = Counter()
            for line in self._lines:
                said = json.loads(line.text) if now - count.window.seconds < line.time <= now else {}
                if said and (said.get(field, "") == value) == (operator == "="):
                    counts[tuple((label, str(said.get(label, ""))) for label in count.by)] += 1
            identity = {names.SERVICE: self.service.service, names.COUNT: count.name}
            for by, number in counts.items():
                if number >= count.at_least:
                    found[_series(names.LOG_LINES, {**identity, **dict(by)})] = number
        return found


def _series(name: str, labels: Mapping[str, str]) -> str:
    return name + "{" + ",".join(f"{key}={json.dumps(value)}" for key, value in labels.items()) + "}"
