"""One scenario of the game day: it is switched on, what should be told is waited for, it heals, all of it ends."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from slostack import names
from slostack.demo import Scenario, state_folder, switch_off, switch_on
from tests.gameday.clock import Clock
from tests.gameday.services import seed, served
from tests.gameday.stage import Stage, started
from tests.gameday.told import Ear, Subject, listeners_of, severity_of

FACTOR, FACTOR_OF_OUTAGES = 30, 6
"""Half a second between scrapes, a second between evaluations: two cores have time to spare. What has to be told within
two minutes is played slower: of these the machine's own time, which isn't compressed, may take only seconds."""
HEAD_START = 10
"""Seconds after which the clock starts: by then the servers run, so that the past has no gap before the present."""
LONGEST_MINUTES = 60
"""Played minutes after which a scenario counts as not told of, or as not over."""
GROUP_WAIT: Mapping[str, float] = {"critical": 1 / 6, "high": 0.5, "medium": 1, "low": 5}
"""Minutes for which Alertmanager waits for more to tell."""
_PAUSE = 0.05


@dataclass
class Played:
    """What was told in a scenario, and by which ways. Alertmanager told it so many played minutes after the switch, and
    all had heard of its end so many after healing. What the machine itself takes is in neither real life nor here
    stretched, so that detection is reckoned from the time at which the rules say that an alert began."""

    expected: dict[Subject, frozenset[str]]
    told: dict[Subject, set[str]] = field(default_factory=lambda: defaultdict(set))
    firing: dict[Subject, set[str]] = field(default_factory=lambda: defaultdict(set))
    detected: dict[Subject, float] = field(default_factory=dict)
    over: dict[Subject, float] = field(default_factory=dict)

    def is_detected(self) -> bool:
        return all(self.told[subject] >= ways for subject, ways in self.expected.items())

    def is_over(self) -> bool:
        """Tickets, whose windows are long, end hours later."""
        return not any(ways for subject, ways in self.firing.items() if not is_ticket(subject))


def is_ticket(subject: Subject) -> bool:
    return subject.alert.startswith(f"{names.BURN_ALERT} ") and subject.severity in ("medium", "low")


def play(it: Stage, scenario: Scenario) -> Played:
    """Plays a scenario on a stage from a healthy month on, to its end or until it takes too long."""
    service, state = it.service, state_folder(it.project.root)
    factor = FACTOR if scenario.effect.answers else FACTOR_OF_OUTAGES
    clock = Clock(int(time.time()) + HEAD_START, factor)
    seed(it, clock)
    with served(it, clock) as changes, started(it, clock):
        expected = (Subject(service.service, alert, severity_of(service, alert)) for alert in scenario.alerts)
        played = Played({each: listeners_of(service, it.team, each.severity) for each in expected})
        ear = Ear(it.heard)
        switch_on(state, service.service, scenario.name, clock.played(time.time()))
        try:
            _watch(played, ear, clock, changes.get(), played.is_detected)
        finally:
            switch_off(state, service.service, scenario.name)
        _watch(played, ear, clock, changes.get(), played.is_over)
        return played


def _watch(played: Played, ear: Ear, clock: Clock, began: float, done: Callable[[], bool]) -> None:
    while not done() and (minutes := (clock.played(time.time()) - began) / 60) < LONGEST_MINUTES:
        for told in ear.new():
            ways = played.firing[told.subject]
            if told.resolved:
                ways.discard(told.to)
                played.over[told.subject] = minutes
                continue
            ways.add(told.to)
            played.told[told.subject].add(told.to)
            if told.since:
                since = (clock.played(told.since) - began) / 60
                played.detected.setdefault(told.subject, since + GROUP_WAIT.get(told.subject.severity, 0))
        time.sleep(_PAUSE)
