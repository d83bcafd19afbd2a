"""A round of the game day: scenarios are switched on, each heals once what it should tell is told, and all of it
ends."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slostack.demo import Scenario, state_folder, switch_off, switch_on
from tests.gameday.clock import Clock
from tests.gameday.expected import Subject, group_wait, listeners_of, subject
from tests.gameday.past import seed
from tests.gameday.rounds import Round
from tests.gameday.services import served
from tests.gameday.stage import Stage, stage, started
from tests.gameday.told import Ear, Told

HEAD_START = 12
"""Seconds after which the clock starts: by then the servers run, so that the past has no gap before the present."""
PATIENCE = 30
"""Played minutes beyond those of a round after which scenarios count as not told of, or as not over."""
_PAUSE = 0.05

Which = tuple[str, str]
"""A service and a scenario."""
Ways = Mapping[Subject, frozenset[str]]
"""By which ways each subject should be told."""


@dataclass
class Played:
    """What was told in a round, and by which ways, of what should be, and of what of one scenario should be told in the
    place of each other; what still fires; and by scenario and subject how many played minutes after its switch a
    subject was told. What the machine itself takes is in neither real life nor here stretched, so that this is reckoned
    from the time at which the rules say that an alert began."""

    expected: Mapping[Which, Ways]
    either: Mapping[Which, Ways]
    ends: frozenset[Subject]
    told: dict[Subject, set[str]] = field(default_factory=lambda: defaultdict(set))
    firing: dict[Subject, set[str]] = field(default_factory=lambda: defaultdict(set))
    since: dict[Subject, float] = field(default_factory=dict)
    minutes: dict[Which, dict[Subject, float]] = field(default_factory=dict)

    def hear(self, told: Told, clock: Clock) -> None:
        if told.resolved:
            self.firing[told.subject].discard(told.to)
            return
        self.firing[told.subject].add(told.to)
        self.told[told.subject].add(told.to)
        if told.since:
            self.since.setdefault(told.subject, clock.played(told.since))

    def is_detected(self, which: Which) -> bool:
        either = self.either[which]
        return self._are_told(self.expected[which], all) and (not either or self._are_told(either, any))

    def _are_told(self, subjects: Ways, of: Callable[[Iterable[bool]], bool]) -> bool:
        return of(self.told.get(subject, set()) >= ways for subject, ways in subjects.items())

    def still_firing(self) -> set[Subject]:
        """Of what should have ended."""
        return {subject for subject in self.ends if self.firing[subject]}


def play(root: Path, of: Round) -> Played:
    """Plays a round by a project in a new folder, from a healthy past on, to its end or until it takes too long."""
    with stage(root, list(of.scenarios)) as it:
        clock = Clock(int(time.time()) + HEAD_START, of.factor)
        seed(it, clock)
        played = _nothing_told(it, of)
        with served(it, clock) as changes, started(it, clock):
            _break_and_heal(it, played, clock, of.minutes + PATIENCE)
        for which, expected in played.expected.items():
            service, began = it.services[which[0]], changes[" broken: ".join(which)]
            played.minutes[which] = {
                each: (played.since[each] - began) / 60 + group_wait(service, each.alert)
                for each in (*expected, *played.either[which])
                if each in played.since
            }
        return played


def _nothing_told(it: Stage, of: Round) -> Played:
    def ways(name: str, alerts: Iterable[str]) -> Ways:
        service = it.services[name]
        team = it.teams[service.team]
        return {subject(service, alert): listeners_of(service, team, alert) for alert in alerts}

    scenarios: dict[Which, Scenario] = {
        (name, scenario.name): scenario for name, group in of.scenarios.items() for scenario in group
    }
    expected = {which: ways(which[0], scenario.alerts) for which, scenario in scenarios.items()}
    either = {which: ways(which[0], scenario.either) for which, scenario in scenarios.items()}
    ends = (subject(it.services[name], alert) for name, alerts in of.ends.items() for alert in alerts)
    return Played(expected, either, frozenset(ends))


def _break_and_heal(it: Stage, played: Played, clock: Clock, minutes: float) -> None:
    """Switches all on, each off once it is told, and waits for what ends; for played minutes at most."""
    state, ear, broken = state_folder(it.project.root), Ear(it.heard), list(played.expected)
    start = clock.played(time.time())
    for which in broken:
        switch_on(state, *which, start)
    while (broken or played.still_firing()) and clock.played(time.time()) < start + minutes * 60:
        for told in ear.new():
            played.hear(told, clock)
        for which in filter(played.is_detected, tuple(broken)):
            broken.remove(which)
            switch_off(state, *which)
        time.sleep(_PAUSE)
