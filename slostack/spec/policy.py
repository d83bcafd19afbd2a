"""Burn-rate policies: which alerts an SLO gets, as data in slostack/policies/."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

from slostack.spec.quantities import Duration


class Guard(BaseModel):
    """A burn over a short window below which a firing alert ends, held for `keep_firing_for`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    burn: PositiveFloat
    window: Duration
    keep_firing_for: Duration


class Tier(BaseModel):
    """One alert of a policy: it fires while both windows burn the budget faster than `burn`.

    `burn` is the multiple of the rate that spends the budget exactly over the policy's period. `optional`
    tiers are left out of an SLO whose objective is too low for them to be reached.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Literal["page", "ticket"]
    burn: PositiveFloat
    long: Duration
    short: Duration
    guard: Guard | None = None
    optional: bool = False


class Policy(BaseModel):
    """A set of tiers, the most urgent first, stated for an SLO window of `period`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    period: Duration
    tiers: tuple[Tier, ...] = Field(min_length=1)

    def burn(self, tier: Tier, window: Duration) -> float:
        """The tier's burn rate for an SLO window: the same share of its budget (SRE workbook, chapter 5:
        budget spent = burn x alert window / period)."""
        return tier.burn * window.seconds / self.period.seconds


@lru_cache(maxsize=1)
def policies() -> dict[str, Policy]:
    """The policies that ship with slostack, by name."""
    folder = resources.files("slostack") / "policies"
    found = (
        Policy.model_validate({**yaml.safe_load(file.read_text()), "name": file.name.removesuffix(".yaml")})
        for file in sorted(folder.iterdir(), key=lambda f: f.name)
        if file.name.endswith(".yaml")
    )
    return {policy.name: policy for policy in found}
