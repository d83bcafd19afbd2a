"""Burn-rate policies: what a tier means for an SLO's window and objective."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slostack.spec import Duration, Policy, Slo, SpecError, Tier, parse_service, shipped_policies
from tests.unit.spec.files import RIGHT

GOOGLE = shipped_policies()["google"]
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


@pytest.mark.parametrize(
    ("window", "burn"),
    [("30d", 14.4), ("28d", 13.44), ("27d", 12.96), ("90d", 43.2), ("month", 14.4), ("quarter", 43.2)],
)
def test_over_long_windows_the_burn_rate_is_scaled(window: str, burn: float) -> None:
    (page,) = [tier for tier in slo(99.9, window).tiers if tier.name == "page-1h"]
    assert (page.burn, str(page.short)) == (burn, "5m")


def shown(window: str) -> dict[str, tuple[float, str]]:
    """The tiers over a window: their burn rates and short windows by name."""
    return {tier.name: (tier.burn, str(tier.short)) for tier in slo(99.9, window).tiers}


@pytest.mark.parametrize("window", ["7d", "week"])
def test_over_a_week_the_alert_windows_shrink(window: str) -> None:
    assert shown(window) == {
        "page-5m": (36, "5m"),
        "page-15m": (14.4, "5m"),
        "page-1h25m": (6, "5m"),
        "ticket-5h35m": (3, "30m"),
        "ticket-16h50m": (1, "1h25m"),
    }


def test_over_a_day_two_tiers_are_left_that_no_other_precedes() -> None:
    assert shown("1d") == {"page-10m": (6, "5m"), "ticket-2h25m": (1, "10m")}


def test_over_an_hour_no_tier_waits_for_more_than_half_of_the_budget() -> None:
    assert shown("1h") == {"page-5m": (6, "5m"), "ticket-5m": (1, "5m")}


def test_a_burn_rate_that_would_spend_more_than_half_of_a_short_windows_budget_is_lowered() -> None:
    tier = Tier(kind="page", burn=28.8, long=Duration(3600), short=Duration(300))
    policy = Policy(name="one", description="One tier", period=Duration(30 * 86400), tiers=(tier,))
    assert [(tier.name, tier.burn) for tier in policy.tiers_for(Duration(3600))] == [("page-5m", 6)]
    assert [(tier.name, tier.burn) for tier in policy.tiers_for(Duration(4 * 3600))] == [("page-5m", 24)]
    assert [(tier.name, tier.burn) for tier in policy.tiers_for(Duration(86400))] == [("page-5m", 28.8)]


LONG = st.one_of(st.integers(27 * 288, 90 * 288), st.sampled_from([288 * 27, 288 * 90])).map(lambda n: f"{5 * n}m")
SHORT = st.one_of(st.integers(12, 27 * 288 - 1), st.sampled_from([12, 288, 7 * 288])).map(lambda n: f"{5 * n}m")


@given(LONG | st.sampled_from(["month", "quarter"]))
def test_a_tier_spends_the_same_share_of_every_long_windows_budget(window: str) -> None:
    long = slo(99.9, window)
    assert [tier.name for tier in long.tiers] == [tier.name for tier in GOOGLE.tiers]
    for tier, own in zip(long.tiers, GOOGLE.tiers, strict=True):
        spent = tier.burn * tier.long.seconds / long.window.seconds
        assert math.isclose(spent, own.burn * own.long.seconds / GOOGLE.period.seconds)


@given(SHORT | st.just("week"), st.sampled_from([*shipped_policies()]))
def test_over_short_windows_every_tier_can_alert_in_time(window: str, policy: str) -> None:
    text = RIGHT.replace("window: 30d", f"window: {window}").replace("policy: google", f"policy: {policy}")
    short = parse_service(text, "api.yaml").slos[0]
    tier_names = names(short)
    assert {"page", "ticket"} == {tier.kind for tier in short.tiers}
    assert len(set(tier_names)) == len(tier_names)
    for tier in short.tiers:
        assert tier.long.seconds % 300 == tier.short.seconds % 300 == 0
        assert 300 <= tier.short.seconds <= tier.long.seconds < short.window.seconds
        assert tier.burn * tier.long.seconds <= 0.5 * short.window.seconds
        assert 0 < short.threshold(tier) < 1


@pytest.mark.parametrize("policy", shipped_policies().values(), ids=lambda policy: policy.name)
def test_a_page_ends_at_a_slower_burn_than_it_began(policy: Policy) -> None:
    if policy.end:
        assert policy.end.burn < min(tier.burn for tier in policy.tiers if tier.kind == "page")


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
    assert names(slo(97.3)) == ["page-5m", "page-1h", "page-6h", "ticket-1d", "ticket-3d"]
    assert names(slo(90)) == ["page-6h", "ticket-1d", "ticket-3d"]
    assert names(slo(60, page="none")) == ["ticket-3d"]


@pytest.mark.parametrize(
    ("objective", "window", "page", "tier", "least"),
    [
        (83.33, "30d", "high", "page-6h (6", "83.33"),
        (50, "30d", "high", "page-6h (6", "83.33"),
        (94.44, "90d", "high", "page-6h (18", "94.44"),
        (66.6, "90d", "none", "ticket-3d (3", "66.67"),
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
    assert f"can't be reached, expected an objective above {least} or" in said


@pytest.mark.parametrize(
    ("objective", "window", "page"),
    [
        (83.34, "30d", "high"),
        (94.45, "90d", "high"),
        (83.34, "27d", "high"),
        (83.34, "1d", "high"),
        (66.67, "90d", "none"),
    ],
)
def test_an_objective_above_the_limit_is_right(objective: float, window: str, page: str) -> None:
    assert slo(objective, window, page).tiers


def test_no_more_of_a_budget_can_be_spent_than_all_events() -> None:
    spent = slo(60, page="none", ticket="medium, spent: {share: 250}").alerting.spent
    assert spent
    assert spent.share == 250
    with pytest.raises(SpecError, match=r"spent\.share: 251 %, which 60 % leaves no errors for, expected at most 250"):
        slo(60, page="none", ticket="medium, spent: {share: 251}")


def test_no_tier_no_limit() -> None:
    assert slo(1, page="none", ticket="none").tiers == ()
