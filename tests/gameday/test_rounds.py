"""Every scenario has a round, beside those alone that have nothing to do with it."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from slostack.demo import SCENARIOS, Scenario
from slostack.demo.conditions import Conditions
from slostack.spec import SLO_FOLDER, load_service
from tests.gameday.expected import minutes_of_memory, minutes_until
from tests.gameday.rounds import are_apart, rounds

ROOT = Path(__file__).parents[2]
SERVICES = {name: load_service(ROOT / SLO_FOLDER / f"{name}.yaml", ROOT) for name in SCENARIOS}
ROUNDS = tuple(rounds(SERVICES, {name: scenarios.values() for name, scenarios in SCENARIOS.items()}))


def test_every_scenario_is_played_once() -> None:
    played = [(name, each.name) for of in ROUNDS for name, group in of.scenarios.items() for each in group]
    assert sorted(played) == sorted((name, each) for name, scenarios in SCENARIOS.items() for each in scenarios)


def test_scenarios_of_a_round_have_nothing_to_do_with_each_other() -> None:
    for of in ROUNDS:
        for name, group in of.scenarios.items():
            assert all(are_apart(SERVICES[name], one, other) for one, other in combinations(group, 2))


def test_outages_are_played_slowly_and_together() -> None:
    assert [{each.name for group in of.scenarios.values() for each in group} for of in ROUNDS if of.factor == 6] == [
        {"outage"}
    ]


ENDS_BY_FIXTURES = {
    *(("postfacta", each) for each in ("GoroutineLeakFillsMemory", "RequestSuccessLowInAnHour")),
    *(("stolen-tee", each) for each in ("ErrorBurst", "ErrorLogBurst", "JobsFailing", "RedisCommandSpike")),
}
"""Alerts whose end the game day doesn't wait for, as it comes an hour after healing: they count over one, or compare
with an hour before. The fixtures below tests/unit/signals show it. All else of every scenario is played."""


def test_the_end_is_waited_for_of_all_that_fixtures_do_not_show() -> None:
    ends = {(name, alert) for of in ROUNDS for name, alerts in of.ends.items() for alert in alerts}
    raised = {
        (name, alert) for name, group in SCENARIOS.items() for scenario in group.values() for alert in scenario.named
    }
    assert raised - ends == ENDS_BY_FIXTURES


ERRORS, REDIS = SCENARIOS["stolen-tee"]["errors"], SCENARIOS["stolen-tee"]["redis-full"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(REDIS, alerts=("HighErrorRate",)), id="the same alert"),
        pytest.param(replace(REDIS, also=("HighErrorRate",)), id="an alert that may come"),
        pytest.param(replace(REDIS, alerts=("DatabaseDown",)), id="an alert that keeps another quiet"),
        pytest.param(replace(REDIS, effect=Conditions(traffic=2.0)), id="the same thing in another way"),
        pytest.param(replace(REDIS, effect=Conditions(version="2")), id="a new process"),
        pytest.param(replace(REDIS, effect=Conditions(answers=False)), id="no answer"),
    ],
)
def test_what_has_to_do_with_each_other_is_told(other: Scenario) -> None:
    service = SERVICES["stolen-tee"]
    assert are_apart(service, ERRORS, REDIS)
    assert not are_apart(service, ERRORS, other)
    assert not are_apart(service, other, ERRORS)


@pytest.mark.parametrize(
    ("service", "alert", "until", "memory"),
    [
        ("learnsnap", "HighMemoryUsage", 15, 0),
        ("learnsnap", "ErrorBudgetBurn availability", 5, 5),
        ("junkos", "ErrorBudgetBurn latency", 54, 5),
        ("stolen-tee", "ErrorBurst", 15, 65),
        ("stolen-tee", "ErrorLogBurst", 15, 60),
        ("postfacta", "RequestSuccessLowInAnHour", 15, 60),
        ("junkos", "HighErrorRate", 10, 10),
        ("junkos", "TrafficDrop", 15, 5),
        ("postfacta", "RequestsStuck", 10, 5),
        ("junkos", "ProbeFailing", 10.25, 10.25),
        ("postfacta", "CrashLoop", 15, 15),
    ],
)
def test_minutes_of_an_alert(service: str, alert: str, until: float, memory: float) -> None:
    assert minutes_until(SERVICES[service], alert) == pytest.approx(until)
    assert minutes_of_memory(SERVICES[service], alert) == memory
