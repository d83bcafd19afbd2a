"""A policy's thresholds can be reached by whatever loads, and what can't be reached is said when the file is loaded."""

from __future__ import annotations

import re

import pytest

from slostack.rules.budget import windows
from slostack.spec import SpecError, parse_service, shipped_policies
from slostack.spec.windows import CALENDARS
from tests.rules.playing import HOUR, play, slo_file

WINDOWS = ["1h", "65m", "3h", "12h", "1d", "3d", "7d", "14d", "26d23h", "27d", "28d", "30d", "45d", "90d", *CALENDARS]
NAMED = re.compile(r"expected an objective above ([0-9.]+)")
FIRING = 'count by (tier) (ALERTS{alertstate="firing"})'


def slo(policy: str, window: str, objective: float) -> str:
    sli = "sli: {events: {bad: bad_total, total: all_total}}"
    return slo_file(f"{sli}\nalerting: {{policy: {policy}}}", window=window, objective=objective)


def lowest_objective(policy: str, window: str) -> float:
    """The first that loads, by following what the errors name."""
    objective, refusal = 1.0, refused(policy, window, 1)
    assert refusal
    while refusal:
        named = NAMED.search(refusal)
        assert named, refusal
        assert float(named[1]) >= objective
        objective = float(named[1]) + 0.01
        refusal = refused(policy, window, objective)
    return objective


def refused(policy: str, window: str, objective: float) -> str:
    """The error of an objective; empty where it loads."""
    try:
        parse_service(slo(policy, window, objective), "api.yaml")
    except SpecError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("policy", [*shipped_policies()])
def test_what_can_not_be_reached_is_an_error_that_names_the_objective_that_can(policy: str, window: str) -> None:
    objective = lowest_objective(policy, window)
    (loaded,) = parse_service(slo(policy, window, objective), "api.yaml").slos
    assert all(0 < loaded.threshold(tier) < 1 for tier in loaded.tiers)
    assert {tier.kind for tier in loaded.tiers} == {"page", "ticket"}
    assert {each for tier in loaded.tiers for each in (tier.long, tier.short)} <= set(windows(loaded))
    assert all(tier.short <= tier.long and tier.long.seconds <= loaded.window.seconds for tier in loaded.tiers)


@pytest.mark.parametrize("window", ["1h", "1d", "month", "90d"])
def test_the_lowest_objective_that_loads_alerts_when_everything_fails(window: str) -> None:
    file, at = slo("google", window, lowest_objective("google", window)), 3 * HOUR
    series = dict.fromkeys(("all_total", "bad_total"), f"0+60x{at // 60}")
    played = play(file, series, {FIRING: [at]}, step=60, every=300)
    (loaded,) = parse_service(file, "api.yaml").slos
    fired, pages = set(played.values(FIRING, at, "tier")), {page.name for page in loaded.pages}
    assert fired - pages == {tier.name for tier in loaded.tiers} - pages
    assert len(fired & pages) == 1
