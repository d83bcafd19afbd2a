"""How many bad events an alert needs, and which tiers can see as many."""

from __future__ import annotations

import pytest

from slostack.spec import SpecError, parse_service
from tests.rules.playing import slo_file

SLICES = "{slices: {length: %s, value: max(depth), below: 10}}"
RATIO = "{queries: {error_ratio: 'avg_over_time(a[$window])'}}"


def needed(sli: str, window: str = "30d", alerting: str = "{}") -> dict[str, int]:
    """The least failures of each tier by its name."""
    file = slo_file(f"sli: {sli}\nalerting: {alerting}", window=window, objective=95)
    (slo,) = parse_service(file, "api.yaml").slos
    return {tier.name: slo.least_failures_of(tier) for tier in slo.tiers}


@pytest.mark.parametrize(
    ("length", "window", "tiers"),
    [
        ("5m", "30d", {"page-1h": 2, "page-6h": 2, "ticket-1d": 2, "ticket-3d": 2}),
        ("1h", "30d", {"page-6h": 2, "ticket-1d": 2, "ticket-3d": 2}),
        ("5m", "6h", {"page-5m": 1, "ticket-10m": 2, "ticket-35m": 2}),
        ("5m", "1h", {"page-5m": 1, "ticket-5m": 1}),
    ],
)
def test_tiers_that_see_too_few_slices_are_left_out_while_a_longer_one_sees_enough(
    length: str, window: str, tiers: dict[str, int]
) -> None:
    assert needed(SLICES % length, window) == tiers


@pytest.mark.parametrize(
    ("sli", "window", "alerting", "said"),
    [
        (SLICES % "5m", "30d", "{least_failures: 80}", "80, more than page-6h can see (72), expected at most 72 or"),
        (
            RATIO,
            "30d",
            "{least_failures: 22000}",
            "22000, more than page-6h can see (21600), expected at most",
        ),
        (SLICES % "1h", "1h", "{}", "1h, longer than any window of a page (5m), expected slices of at most 5m, a"),
    ],
)
def test_what_no_tier_can_see_is_a_mistake(sli: str, window: str, alerting: str, said: str) -> None:
    with pytest.raises(SpecError) as refused:
        needed(sli, window, alerting)
    assert said in str(refused.value)


def test_without_the_tiers_that_see_too_few_it_is_none() -> None:
    assert needed(SLICES % "5m", alerting="{least_failures: 80, page: none}") == {"ticket-1d": 80, "ticket-3d": 80}
