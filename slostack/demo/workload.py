"""The running demo: moves its services with the clock and follows the switches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from random import Random
from threading import Lock

from prometheus_client.core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from slostack.demo.logs import LogLine, log_lines
from slostack.demo.metrics import families
from slostack.demo.model import METRICS_PATH
from slostack.demo.probes import PROBE_PATH, probe_families, probed
from slostack.demo.scenarios import MODELS, conditions_under
from slostack.demo.simulation import Simulation
from slostack.demo.switches import Switches, read_switches
from slostack.errors import SlostackError


class NoAnswer(Exception):  # noqa: N818
    """The service is down."""


class Workload:
    """The services that are played and the state folder that says what is broken."""

    def __init__(
        self,
        services: Iterable[str],
        folder: Path,
        now: float,
        seed: int | None = None,
        report: Callable[[str], None] = print,
    ) -> None:
        self._folder, self._report = folder, report
        self._log = Random(seed)
        self._services = {name: Simulation(MODELS[name], Random(seed), now) for name in services}
        self._lock = Lock()
        self._switches: Switches = {}
        self._trouble = ""

    def tick(self, now: float) -> Mapping[str, list[LogLine]]:
        """Moves to a Unix time under what is switched on now; returns what each service logs."""
        self._follow_switches()
        with self._lock:
            steps = {
                name: service.advance(now, conditions_under(name, self._switches.get(name, {})))
                for name, service in self._services.items()
            }
        return {name: log_lines(self._log, step) for name, step in steps.items()}

    def metrics(self, path: str, target: str = "") -> CollectorRegistry | None:
        """What is exposed at a path below a service's name, or as a probe of a target; None where there is nothing.

        Raises NoAnswer while the service is down.
        """
        if path == PROBE_PATH:
            name, asked = probed(target)
            return self._registry(name, lambda service: probe_families(service, asked, time.time()))
        name, _, rest = path.removeprefix("/").partition("/")
        service, below = self._services.get(name), f"/{rest}"
        if service is None or below not in (METRICS_PATH, *service.model.elsewhere):
            return None
        if not service.conditions.answers:
            raise NoAnswer
        return self._registry(name, lambda service: families(service, below))

    def _registry(self, name: str, found: Callable[[Simulation], Iterable[Metric]]) -> CollectorRegistry | None:
        service = self._services.get(name)
        if service is None:
            return None
        with self._lock:  # so that a scrape never meets half of a step
            metrics = list(found(service))
        registry = CollectorRegistry()
        registry.register(_Found(metrics))
        return registry

    def _follow_switches(self) -> None:
        """Reads the switches; those of before hold while the file can't be read."""
        before = self._switches
        try:
            self._switches = read_switches(self._folder)
        except SlostackError as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._report(self._trouble)
            return
        self._trouble = ""
        for service in self._services:
            was, now = set(before.get(service, {})), set(self._switches.get(service, {}))
            for name in sorted(now - was):
                self._report(f"{service} broken: {name}")
            for name in sorted(was - now):
                self._report(f"{service} healed: {name}")


class _Found(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics
