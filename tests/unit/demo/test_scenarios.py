"""Scenarios as data: they name alerts that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack import names
from slostack.demo.conditions import ORDINARY, Conditions, combine
from slostack.demo.scenario import Scenario
from slostack.demo.scenarios import MODELS, SCENARIOS, conditions_under, find
from slostack.demo.traffic import Failure
from slostack.errors import SlostackError
from slostack.settings import DEMO_SERVICES
from slostack.spec import SLO_FOLDER, load_service

ROOT = Path(__file__).parents[3]
TITLES = ("LearnSnap", "PostFacta", "Stolen Tee", "JunkOS")
ALL = [(service, scenario) for service, scenarios in SCENARIOS.items() for scenario in scenarios.values()]


@pytest.mark.parametrize(("service", "scenario"), ALL, ids=lambda each: getattr(each, "name", each))
def test_every_alert_that_a_scenario_raises_exists(service: str, scenario: Scenario) -> None:
    spec = load_service(ROOT / SLO_FOLDER / f"{service}.yaml", ROOT)
    known = {alert.name for alert in spec.alerts} | {f"{names.BURN_ALERT} {slo.name}" for slo in spec.slos if slo.tiers}
    assert scenario.alerts
    assert {*scenario.named, *scenario.also} <= known
    assert scenario.effect != ORDINARY


@pytest.mark.parametrize(("service", "scenario"), ALL, ids=lambda each: getattr(each, "name", each))
def test_of_those_of_which_one_comes_each_silences_the_others(service: str, scenario: Scenario) -> None:
    spec = load_service(ROOT / SLO_FOLDER / f"{service}.yaml", ROOT)
    causes = {alert.name: alert.silenced_by for alert in spec.alerts}
    causes |= {names.pages_of(slo.name): slo.alerting.silenced_by or () for slo in spec.slos}
    for alert in scenario.either:
        assert {*scenario.either} - {alert} <= {*causes[alert]}


@pytest.mark.parametrize(("service", "scenario"), ALL, ids=lambda each: getattr(each, "name", each))
def test_what_a_scenario_changes_is_in_the_model(service: str, scenario: Scenario) -> None:
    model, effect = MODELS[service], scenario.effect
    assert effect.gauges.keys() <= {gauge.series for gauge in model.all_gauges}
    assert effect.counted.keys() <= {counter.series for counter in model.counters}
    assert effect.ago.keys() <= {moment.series for moment in model.moments}
    histograms = {each.durations.name for each in model.observed}
    assert effect.slower.keys() <= histograms | {getattr(model.requests.durations, "name", "")}
    failures = (*effect.failures, *effect.failures_after_crash)
    assert {failure.status for failure in failures} <= set(model.requests.statuses)
    assert {failure.path for failure in failures} <= {None, *(route.path for route in model.requests.routes)}


@pytest.mark.parametrize("service", SCENARIOS)
def test_the_page_tells_of_every_scenario(service: str) -> None:
    page = (ROOT / "docs" / "demo.md").read_text(encoding="utf-8")
    titles = {"".join(character for character in part if character.isalpha()).lower(): part for part in TITLES}
    section = page.partition(f"### {titles[service.replace('-', '')]}\n")[2].partition("\n#")[0]
    rows = {row.split(" | ")[0].removeprefix("| "): row for row in section.splitlines() if row.startswith("| ")}
    assert rows.keys() - {"scenario"} == SCENARIOS[service].keys()
    for scenario in SCENARIOS[service].values():
        assert all(alert in rows[scenario.name] for alert in scenario.named)
        assert service == "learnsnap" or scenario.description in rows[scenario.name]


def test_the_settings_know_what_can_be_played() -> None:
    assert DEMO_SERVICES == tuple(MODELS) == tuple(SCENARIOS)


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(SlostackError, match=r"no demo of a service 'shop', expected one of learnsnap"):
        find("shop", "errors")
    with pytest.raises(SlostackError, match=r"no scenario 'error' for learnsnap, expected one of outage, errors, "):
        find("learnsnap", "error")


def test_nothing_broken_is_an_ordinary_day() -> None:
    assert conditions_under("learnsnap", ()) == ORDINARY


def test_conditions_combine() -> None:
    one = Conditions(failures=(Failure("500", "A", 0.1),), stuck_payments=0.5)
    other = Conditions(failures=(Failure("503", "B", 0.2),), gauges={"a": 1, "b": 1})
    third = Conditions(gauges={"b": 2})
    assert combine([one, other, third]) == Conditions(
        failures=one.failures + other.failures, stuck_payments=0.5, gauges={"a": 1, "b": 2}
    )
    assert combine([]) == ORDINARY
