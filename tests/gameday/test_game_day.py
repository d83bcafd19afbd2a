"""The game day: every scenario of the demo is played with real servers in compressed time.

Who should hear hears, soon enough, of what the scenario names, and of nothing else; and all of it ends after healing.
All services play at once, each of them scenarios that have nothing to do with each other. Each round begins with a
healthy month, or one incident would colour the next: a page within an hour of another is told as the same trouble, and
budgets that are spent bring tickets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from slostack import names
from slostack.demo import SCENARIOS, Scenario
from slostack.spec import SLO_FOLDER, Service, load_service
from tests.gameday.expected import Subject, group_wait, minutes_of_for, minutes_until
from tests.gameday.past import past
from tests.gameday.play import Played, Which, play
from tests.gameday.rounds import rounds
from tests.local.project import SOURCE

LANES = 3
"""Rounds that are played at once."""
DELAY = 1
"""Minutes until a scrape, an evaluation and whatever else have happened."""
DELAY_OF_OUTAGES = 0.75
"""Minutes beyond a scrape and its alert's `for` within which a total outage is told: within two in all, where these are
15 s and a minute."""
OF_THE_MACHINE = ("RuleEvaluationMissed", "RuleEvaluationLate", "ScrapeFailing")
"""Alerts of the stack that say that this machine is too busy for this clock."""

SERVICES: Mapping[str, Service] = {
    name: load_service(SOURCE / SLO_FOLDER / f"{name}.yaml", SOURCE) for name in SCENARIOS
}
EVERY: tuple[Which, ...] = tuple((service, name) for service in SERVICES for name in SCENARIOS[service])


@pytest.fixture(scope="module")
def game_day(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[Which, Future[Played]]]:
    """What happens in the round of each scenario that is asked for; those that take longest begin. Each round has a
    process of its own, which has what was made up of the past from this one."""
    items: Iterator[Any] = (item for item in request.session.items if item.path == request.path)
    asked = [item.callspec.params["which"] for item in items]
    by_service = {name: [_scenario(which) for which in asked if which[0] == name] for name in SERVICES}
    for name in SERVICES:
        past(name)
    with ProcessPoolExecutor(LANES, get_context("fork")) as pool:
        played: dict[Which, Future[Played]] = {}
        for of in sorted(rounds(SERVICES, by_service), key=lambda each: -each.minutes / each.factor):
            future = pool.submit(play, tmp_path_factory.mktemp("round") / "project", of)
            played |= {(name, each.name): future for name, group in of.scenarios.items() for each in group}
        yield played
        pool.shutdown(cancel_futures=True)


def _scenario(which: Which) -> Scenario:
    service, name = which
    return SCENARIOS[service][name]


def _limit(subject: Subject, scenario: Scenario) -> float:
    service = SERVICES[subject.service]
    if not scenario.effect.answers:
        return minutes_of_for(service, subject.alert) + service.scrape[0].interval.seconds / 60 + DELAY_OF_OUTAGES
    return minutes_until(service, subject.alert) + DELAY + group_wait(service, subject.alert)


def _with_escalation(scenario: Scenario) -> Iterator[str]:
    """What may come of a scenario besides tickets: the page of an SLO lasts for minutes after healing, and is escalated
    where these are a quarter of an hour with those before."""
    yield from scenario.also
    burns = (alert for alert in (*scenario.named, *scenario.also) if alert.startswith(names.BURN_ALERT))
    yield from (alert.replace(names.BURN_ALERT, names.STILL_FIRING) for alert in burns)


@pytest.mark.parametrize("which", EVERY, ids="-".join)
def test_a_scenario_is_told_to_those_who_should_hear_and_ends(
    which: Which, game_day: Mapping[Which, Future[Played]]
) -> None:
    scenario, played = _scenario(which), game_day[which].result()
    came = {subject: ways for subject, ways in played.either[which].items() if subject in played.told}
    assert len(came) == min(1, len(scenario.either)), "of those that are told in the place of each other"
    expected = {**played.expected[which], **came}
    assert {subject: frozenset(played.told[subject]) for subject in expected} == expected
    late = {s: minutes for s in expected if (minutes := played.minutes[which][s]) > _limit(s, scenario)}
    assert late == {}, "minutes until it was told"
    others = played.told.keys() - {
        subject for told in (played.expected, played.either) for each in told.values() for subject in each
    }
    may_come = {(of, alert) for of, name in played.expected for alert in _with_escalation(SCENARIOS[of][name])}
    others -= {subject for subject in others if subject.is_ticket or subject[:2] in may_come}
    unexpected = {subject for subject in others if subject.alert not in OF_THE_MACHINE}
    assert unexpected == set(), "told, but not expected"
    assert played.still_firing() == set(), "still firing after healing"
