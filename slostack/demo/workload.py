"""The running demo: moves the simulation with the clock and follows the switches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from threading import Lock

from prometheus_client.registry import CollectorRegistry

from slostack.demo.logs import LogLine, log_lines
from slostack.demo.metrics import LearnSnapMetrics
from slostack.demo.scenarios import conditions_under
from slostack.demo.simulation import LearnSnap
from slostack.demo.switches import Switches, read_switches
from slostack.errors import SlostackError

SERVICE = "learnsnap"


class Workload:
    """LearnSnap and the state folder that says what is broken."""

    def __init__(
        self, folder: Path, now: float, seed: int | None = None, report: Callable[[str], None] = print
    ) -> None:
        self._folder, self._report = folder, report
        self._traffic, self._log = Random(seed), Random(seed)
        self._service = LearnSnap(self._traffic, now)
        self._lock = Lock()
        self._switches: Switches = {}
        self._trouble = ""
        self.registry = CollectorRegistry()
        self.registry.register(LearnSnapMetrics(self._service, self._lock))

    @property
    def answers(self) -> bool:
        """Whether LearnSnap answers at all."""
        return self._service.conditions.answers

    def tick(self, now: float) -> list[LogLine]:
        """Moves to a Unix time under what is switched on now; returns what is logged."""
        self._follow_switches()
        conditions = conditions_under(SERVICE, self._switches.get(SERVICE, {}))
        with self._lock:
            step = self._service.advance(now, conditions)
        return log_lines(self._log, step)

    def _follow_switches(self) -> None:
        """Reads the switches; those of before hold while the file can't be read."""
        before = set(self._switches.get(SERVICE, {}))
        try:
            self._switches = read_switches(self._folder)
        except SlostackError as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._report(self._trouble)
            return
        self._trouble = ""
        after = set(self._switches.get(SERVICE, {}))
        for name in sorted(after - before):
            self._report(f"{SERVICE} broken: {name}")
        for name in sorted(before - after):
            self._report(f"{SERVICE} healed: {name}")
