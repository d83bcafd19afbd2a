"""The game day: every scenario of the demo is played with real servers in compressed time.

Who should hear hears, soon enough, of what the scenario names, and of nothing else; and all of it ends after healing.
Each scenario begins with a healthy month, or one incident would colour the next: a page within an hour of another is
told as the same trouble, and budgets that are spent bring tickets.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from slostack.demo import SCENARIOS, Scenario
from slostack.spec import SLO_FOLDER, Service, load_service
from tests.gameday.play import GROUP_WAIT, Played, is_ticket, play
from tests.gameday.stage import stage
from tests.gameday.told import Subject
from tests.local.project import SOURCE

LANES = 3
"""Scenarios that are played at once."""
SHORTEST_WINDOW = 5
"""Minutes that an alert may need until its condition is true: most look at five."""
DELAY = 1
"""Minutes until a scrape, an evaluation and whatever else have happened."""
OUTAGE = 2
"""Minutes within which a total outage is told."""
OF_THE_MACHINE = ("RuleEvaluationMissed", "RuleEvaluationLate", "ScrapeFailing")
"""Alerts of the stack that say that this machine is too busy for this clock."""

Which = tuple[str, str]
"""A service and a scenario."""
SERVICES: Mapping[str, Service] = {
    name: load_service(SOURCE / SLO_FOLDER / f"{name}.yaml", SOURCE) for name in ("learnsnap",)
}
"""The services whose scenarios are played."""
EVERY: tuple[Which, ...] = tuple((service, name) for service in SERVICES for name in SCENARIOS[service])


@pytest.fixture(scope="module")
def game_day(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[Which, Future[Played]]]:
    """What happens in each scenario that is asked for: they are played in lanes, the longest of a service first."""
    items: Iterator[Any] = (item for item in request.session.items if item.path == request.path)
    asked: dict[Which, Future[Played]] = {item.callspec.params["which"]: Future() for item in items}
    waiting = deque(sorted(asked, key=lambda which: (which[0], -_longest_for(which))))
    with ThreadPoolExecutor(LANES) as pool:
        for number in range(LANES):
            pool.submit(_lane, tmp_path_factory.mktemp(f"lane-{number}"), waiting, asked)
        yield asked
        waiting.clear()


def _lane(folder: Path, waiting: deque[Which], played: Mapping[Which, Future[Played]]) -> None:
    """Plays scenarios one after the other, those of a service on the same stage."""

    def taken() -> Iterator[Which]:
        while waiting:
            yield waiting.popleft()

    try:
        for service, group in groupby(taken(), key=lambda which: which[0]):
            with stage(folder / service, service) as it:
                for which in group:
                    played[which].set_result(play(it, _scenario(which)))
    except BaseException as error:
        for future in played.values():
            if not future.done():
                future.set_exception(error)
        raise


def _scenario(which: Which) -> Scenario:
    service, name = which
    return SCENARIOS[service][name]


def _longest_for(which: Which) -> float:
    return max(_minutes_for(which[0], alert) for alert in _scenario(which).alerts)


def _minutes_for(service: str, alert: str) -> float:
    """How long an alert's condition has to be true; a burn alert has no such time."""
    return sum(each.for_.seconds / 60 for each in SERVICES[service].alerts if each.name == alert and each.for_)


def _limit(subject: Subject, scenario: Scenario) -> float:
    if scenario.name == "outage":
        return OUTAGE
    minutes = SHORTEST_WINDOW + DELAY + GROUP_WAIT[subject.severity]
    return minutes + _minutes_for(subject.service, subject.alert)


@pytest.mark.parametrize("which", EVERY, ids="-".join)
def test_a_scenario_is_told_to_those_who_should_hear_and_ends(
    which: Which, game_day: Mapping[Which, Future[Played]]
) -> None:
    scenario, played = _scenario(which), game_day[which].result()
    assert {subject: frozenset(played.told[subject]) for subject in played.expected} == played.expected
    late = {s: minutes for s in played.expected if (minutes := played.detected[s]) > _limit(s, scenario)}
    assert late == {}, "minutes until it was told"
    others = played.told.keys() - played.expected.keys()
    unexpected = {s for s in others if s.alert not in (*scenario.also, *OF_THE_MACHINE) and not is_ticket(s)}
    assert unexpected == set(), "told, but not expected"
    assert played.is_over(), "still firing after healing"
