"""Burn-rate policies: what a tier means for an SLO's window and objective."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slostack.spec import Slo, SpecError, Tier, parse_service, policies
from tests.unit.spec.files import RIGHT

GOOGLE = policies()["google"]
TIERS = {tier.name: tier for tier in GOOGLE.tiers}


def slo(objective: float, window: str = "30d", page: str = "critical", ticket: str = "medium") -> Slo:
    """An SLO alerted by the google policy."""
    text = (
        RIGHT.replace("objective: 99.9", f"objective: {objective}")
        .replace("window: 30d", f"window: {window}")
        .replace("page: critical", f"page: {page}")
        .replace("ticket: medium", f"ticket: {ticket}")
    )
    return parse_service(text, "api.yaml").slos[0]


def names(slo: Slo) -> list[str]:
    """The tiers that alert."""
    return [tier.name for tier in slo.tiers]


def test_the_tiers_of_the_sre_workbook() -> None:
    tiers = {name: (tier.kind, tier.burn, str(tier.long), str(tier.short)) for name, tier in TIERS.items()}
    assert (
        tiers.items()
        >= {
            "page-1h": ("page", 14.4, "1h", "5m"),
            "page-6h": ("page", 6, "6h", "30m"),
            "ticket-1d": ("ticket", 3, "1d", "2h"),
            "ticket-3d": ("ticket", 1, "3d", "6h"),
        }.items()
    )


@pytest.mark.parametrize(("window", "burn"), [("30d", 14.4), ("28d", 13.44), ("7d", 3.36), ("90d", 43.2)])
def test_a_burn_rate_scales_with_the_window(window: str, burn: float) -> None:
    assert GOOGLE.burn(TIERS["page-1h"], slo(99.9, window).window) == pytest.approx(burn)


@given(st.integers(7, 90), st.sampled_from(GOOGLE.tiers))
def test_a_tier_spends_the_same_share_of_every_windows_budget(days: int, tier: Tier) -> None:
    window = slo(99.9, f"{days}d").window
    spent = GOOGLE.burn(tier, window) * tier.long.seconds / window.seconds
    assert math.isclose(spent, tier.burn * tier.long.seconds / GOOGLE.period.seconds)


def test_the_threshold_is_the_burn_rate_times_the_budget() -> None:
    assert slo(99.9).budget == 0.001
    assert slo(99.9).threshold(TIERS["page-1h"]) == pytest.approx(0.0144)


def test_an_slo_has_all_tiers_the_most_urgent_first() -> None:
    assert names(slo(99.9)) == ["page-5m", "page-1h", "page-6h", "ticket-1d", "ticket-3d"]


def test_a_tier_that_is_switched_off_is_left_out() -> None:
    assert names(slo(99.9, page="none")) == ["ticket-1d", "ticket-3d"]
    assert names(slo(99.9, ticket="none")) == ["page-5m", "page-1h", "page-6h"]
    assert names(slo(99.9, page="none", ticket="none")) == []


def test_the_severity_is_that_of_the_tiers_kind() -> None:
    alerting = slo(99.9, page="high", ticket="low").alerting
    assert [alerting.severity(tier) for tier in GOOGLE.tiers] == ["high", "high", "high", "low", "low"]


def test_an_optional_tier_that_cannot_be_reached_is_left_out() -> None:
    assert names(slo(96.5)) == ["page-1h", "page-6h", "ticket-1d", "ticket-3d"]
    assert names(slo(96.6)) == ["page-5m", "page-1h", "page-6h", "ticket-1d", "ticket-3d"]


@pytest.mark.parametrize(
    ("objective", "window", "page", "tier", "least"),
    [
        (93.05, "30d", "high", "page-1h (14.4", "93.06"),
        (50, "30d", "high", "page-1h (14.4", "93.06"),
        (97.68, "90d", "high", "page-1h (43.2", "97.69"),
        (66.6, "30d", "none", "ticket-1d (3", "66.67"),
    ],
)
def test_a_tier_that_cannot_be_reached_names_the_limit(
    objective: float, window: str, page: str, tier: str, least: str
) -> None:
    with pytest.raises(SpecError) as error:
        slo(objective, window, page)
    said = str(error.value)
    assert said.startswith(
        f"api.yaml:10:16: slos[0].objective: {objective:g}, at which {tier} times the budget) needs "
    )
    assert f"can't be reached, expected an objective above {least}, another policy or" in said


@pytest.mark.parametrize(
    ("objective", "window", "page"),
    [(93.06, "30d", "high"), (97.69, "90d", "high"), (71, "7d", "high"), (66.67, "30d", "none"), (1, "7d", "none")],
)
def test_an_objective_above_the_limit_is_right(objective: float, window: str, page: str) -> None:
    assert slo(objective, window, page).tiers


def test_no_tier_no_limit() -> None:
    assert slo(1, page="none", ticket="none").tiers == ()
