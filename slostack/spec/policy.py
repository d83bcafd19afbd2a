"""Burn-rate policies: which alerts an SLO gets, as data in slostack/policies/."""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

from slostack.spec.quantities import Duration
from slostack.spec.source import parse_yaml
from slostack.spec.windows import Calendar

_FOLDER = Path(__file__).parents[1] / "policies"
KEEPS_ITS_WINDOWS = Duration(27 * 86400)
"""SLO windows from here on are judged over the policy's own alert windows; shorter ones over shorter windows."""
SHORTEST = Duration(300)
"""The shortest alert window: a rate needs four scrapes."""
MOST_OF_THE_BUDGET = 0.5
"""No tier waits until more than this share of the budget is spent."""

_SOONER = 0.99
"""Tiers that fire together by the formula both stay."""


class End(BaseModel):
    """How a page ends: all tiers at once, when the shortest window that can tell burns no faster than `burn`.

    A window can tell when this many failures would have been expected in it at the slowest page's burn; where no
    window can, it is the slowest page's own short one. Meanwhile no other tier pages.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    burn: PositiveFloat
    windows: tuple[Duration, ...]
    expected_failures: PositiveFloat


class Tier(BaseModel):
    """One alert of a policy: it fires while both windows burn the budget faster than `burn`.

    `burn` is the multiple of the rate that spends the budget exactly over the policy's period. `optional`
    tiers are left out of an SLO whose objective is too low for them to be reached.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["page", "ticket"]
    burn: PositiveFloat
    long: Duration
    short: Duration
    optional: bool = False

    @property
    def name(self) -> str:
        """Its kind and its long window: page-1h."""
        return f"{self.kind}-{self.long}"

    def is_preceded_by(self, other: Tier) -> bool:
        """Whether another one fires wherever this one does, and before it: at a constant error ratio a tier fires
        after burn x long window, by the ratio (SRE workbook, chapter 5)."""
        sooner = other.burn * other.long.seconds < _SOONER * self.burn * self.long.seconds
        return self.kind == other.kind and other.burn < self.burn and sooner


class Policy(BaseModel):
    """A set of tiers, the most urgent first, stated for an SLO window of `period`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    period: Duration
    tiers: tuple[Tier, ...] = Field(min_length=1)
    end: End | None = None

    def tiers_for(self, window: Duration | Calendar) -> tuple[Tier, ...]:
        """The tiers of an SLO over this window, none twice, and none that another one always precedes.

        Each stands for the same share of the budget as in the policy (SRE workbook, chapter 5: budget spent =
        burn x alert window / period): over long windows the burn grows, over short ones the alert windows shrink.
        """
        if window not in self._known:
            scaled = {tier.name: tier for tier in (self._scaled(tier, window) for tier in self.tiers)}.values()
            self._known[window] = tuple(tier for tier in scaled if not any(map(tier.is_preceded_by, scaled)))
        return self._known[window]

    @cached_property
    def _known(self) -> dict[Duration | Calendar, tuple[Tier, ...]]:
        return {}

    def _scaled(self, tier: Tier, window: Duration | Calendar) -> Tier:
        factor = window.seconds / self.period.seconds
        if window.seconds >= KEEPS_ITS_WINDOWS.seconds:
            return tier.model_copy(update={"burn": round(tier.burn * factor, 12)})
        long, short = _shrunk(tier.long, factor), _shrunk(tier.short, factor)
        burn = min(tier.burn, MOST_OF_THE_BUDGET * window.seconds / long.seconds)
        return tier.model_copy(update={"burn": burn, "long": long, "short": short})


def _shrunk(window: Duration, factor: float) -> Duration:
    return Duration(max(round(window.seconds * factor / SHORTEST.seconds), 1) * SHORTEST.seconds)


@lru_cache(maxsize=1)
def policies() -> dict[str, Policy]:
    """The policies that ship with slostack, by name."""
    found = (
        Policy.model_validate({**parse_yaml(file.read_text(encoding="utf-8"), file.name).data, "name": file.stem})
        for file in sorted(_FOLDER.glob("*.yaml"))
    )
    return {policy.name: policy for policy in found}
