"""Scenarios as data: they name alerts that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack import names
from slostack.demo.conditions import ORDINARY, Conditions, Failure, combine
from slostack.demo.scenarios import SCENARIOS, Scenario, conditions_under, find
from slostack.errors import SlostackError
from slostack.spec import SLO_FOLDER, load_service

ROOT = Path(__file__).parents[3]
ALL = [(service, scenario) for service, scenarios in SCENARIOS.items() for scenario in scenarios.values()]


@pytest.mark.parametrize(("service", "scenario"), ALL, ids=lambda each: getattr(each, "name", each))
def test_every_alert_that_a_scenario_raises_exists(service: str, scenario: Scenario) -> None:
    spec = load_service(ROOT / SLO_FOLDER / f"{service}.yaml", ROOT)
    known = {alert.name for alert in spec.alerts} | {f"{names.BURN_ALERT} {slo.name}" for slo in spec.slos if slo.tiers}
    assert scenario.alerts
    assert set(scenario.alerts) <= known
    assert scenario.effect != ORDINARY


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(SlostackError, match=r"no demo of a service 'shop', expected one of learnsnap"):
        find("shop", "errors")
    with pytest.raises(SlostackError, match=r"no scenario 'error' for learnsnap, expected one of outage, errors, "):
        find("learnsnap", "error")


def test_nothing_broken_is_an_ordinary_day() -> None:
    assert conditions_under("learnsnap", ()) == ORDINARY


def test_conditions_combine() -> None:
    one = Conditions(failures=(Failure("500", "A", 0.1),), stuck_payments=0.5)
    other = Conditions(failures=(Failure("503", "B", 0.2),), memory=1)
    both = combine([one, other])
    assert both == Conditions(failures=one.failures + other.failures, stuck_payments=0.5, memory=1)
    assert combine([]) == ORDINARY
