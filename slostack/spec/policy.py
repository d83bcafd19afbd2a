"""Burn-rate policies: which alerts an SLO gets, as data: those in slostack/policies/, and a project's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from slostack.spec.fields import NAME_PATTERN, Text
from slostack.spec.part import Part
from slostack.spec.quantities import DURATION_SCHEMA, Duration, mismatch
from slostack.spec.source import describe, parse_yaml
from slostack.spec.windows import LONGEST as LONGEST_WINDOW
from slostack.spec.windows import SHORTEST as SHORTEST_WINDOW
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
_SHORTEST_END, _LONGEST_END = Duration(60), Duration(3600)
"""Windows that are read from raw series, and hold four scrapes."""


def _alert_window(value: Duration) -> Duration:
    if value < SHORTEST or value.seconds % SHORTEST.seconds:
        raise mismatch(f"{value}", f"a window of whole {SHORTEST}, such as {SHORTEST} or 1h30m")
    return value


def _end_window(value: Duration) -> Duration:
    if not _SHORTEST_END <= value <= _LONGEST_END:
        raise mismatch(f"{value}", f"a window from {_SHORTEST_END} to {_LONGEST_END}")
    return value


def _period(value: Duration) -> Duration:
    if not SHORTEST_WINDOW <= value <= LONGEST_WINDOW:
        raise mismatch(f"{value}", f"a window that an SLO can have, from {SHORTEST_WINDOW} to {LONGEST_WINDOW}")
    return value


def _such_as(*examples: str) -> WithJsonSchema:
    return WithJsonSchema({**DURATION_SCHEMA, "examples": [*examples]})


AlertWindow = Annotated[Duration, AfterValidator(_alert_window), _such_as("5m", "1h", "6h", "3d")]
EndWindow = Annotated[Duration, AfterValidator(_end_window), _such_as("2m", "5m")]
Period = Annotated[Duration, AfterValidator(_period), _such_as("28d", "30d")]


class End(Part):
    """How a page ends: all tiers at once, when the shortest window that can tell burns no faster than `burn`.

    A window can tell when this many failures would have been expected in it at the slowest page's burn; where no
    window can, it is the slowest page's own short one. Meanwhile no other tier pages.
    """

    burn: float = Field(gt=0, allow_inf_nan=False, description="How fast the budget may burn when a page is over.")
    windows: tuple[EndWindow, ...] = Field(
        strict=False, min_length=1, description="Windows in which the end may be seen, 1m to 1h."
    )
    expected_failures: float = Field(
        gt=0, allow_inf_nan=False, description="How many failures the slowest page's burn makes in a window that tells."
    )


class Tier(Part):
    """One alert of a policy: it fires while both windows burn the budget faster than `burn`.

    `burn` is the multiple of the rate that spends the budget exactly over the policy's period. `optional`
    tiers are left out of an SLO whose objective is too low for them to be reached.
    """

    kind: Literal["page", "ticket"] = Field(description="Whether somebody is to come at once.")
    burn: float = Field(
        gt=0,
        allow_inf_nan=False,
        description="How many times too fast the budget burns: 1 spends it exactly over the policy's period.",
    )
    long: AlertWindow = Field(description="The window that tells how much is spent, whole 5m.")
    short: AlertWindow = Field(description="The window that tells that it still burns, at most `long`.")
    optional: bool = Field(False, description="Whether an SLO does without it where its objective is too low for it.")

    @property
    def name(self) -> str:
        """Its kind and its long window: page-1h."""
        return f"{self.kind}-{self.long}"

    def is_preceded_by(self, other: Tier) -> bool:
        """Whether another one fires wherever this one does, and before it: at a constant error ratio a tier fires
        after burn x long window, by the ratio (SRE workbook, chapter 5)."""
        sooner = other.burn * other.long.seconds < _SOONER * self.burn * self.long.seconds
        return self.kind == other.kind and other.burn <= self.burn and sooner

    @model_validator(mode="after")
    def _short_within_long(self) -> Self:
        if self.short > self.long:
            raise mismatch(f"{self.short}", f"at most `long` ({self.long})", "short")
        return self


def is_page(tier: str, severity: str) -> bool:
    """Whether an alert calls somebody at once, by the name of its tier, empty for none, and its severity."""
    return tier.startswith("page-") or severity == "critical"


class PolicyFile(Part):
    """What a policy's file says: its tiers, stated for an SLO window of `period`."""

    description: Text = Field(description="What it is for, in one sentence.")
    period: Period = Field(description="The SLO window for which the burn rates are stated, such as 30d.")
    tiers: tuple[Tier, ...] = Field(strict=False, min_length=1, description="Its alerts, at least one.")
    end: End | None = Field(
        None, description="When all pages of an SLO end at once, as one page per incident; else each ends by itself."
    )

    @model_validator(mode="after")
    def _every_tier_can_fire(self) -> Self:
        longest = min(self.period, KEEPS_ITS_WINDOWS)
        for index, tier in enumerate(self.tiers):
            if any(tier.name == other.name for other in self.tiers[:index]):
                raise mismatch(f"a second {tier.name}", f"one {tier.kind} over {tier.long}", "tiers", index, "long")
            if tier.long > longest:
                raise mismatch(f"{tier.long}", f"at most {longest}", "tiers", index, "long")
            spent = tier.burn * tier.long.seconds / self.period.seconds
            if spent > MOST_OF_THE_BUDGET:
                most = MOST_OF_THE_BUDGET * self.period.seconds / tier.long.seconds
                raise mismatch(
                    f"{tier.burn:g}, at which {tier.name} fires when {spent:.0%} of the budget are spent",
                    f"at most {most:.6g}, at which it is {MOST_OF_THE_BUDGET:.0%}",
                    *("tiers", index, "burn"),
                )
        for index, tier in enumerate(self.tiers):
            for other in self.tiers:
                if tier.is_preceded_by(other):
                    raise mismatch(
                        f"{tier.burn:g}, at which {tier.name} never fires before {other.name} does",
                        f"less than {other.burn:g}, or a shorter `long`",
                        *("tiers", index, "burn"),
                    )
        return self

    @model_validator(mode="after")
    def _ends_slower_than_it_began(self) -> Self:
        if self.end:
            pages = [tier.burn for tier in self.tiers if tier.kind == "page"]
            if not pages:
                raise mismatch("an end of pages without a tier that pages", "a tier of `kind: page`", "end")
            slowest = min(pages) * min(KEEPS_ITS_WINDOWS.seconds / self.period.seconds, 1)
            if self.end.burn >= slowest:
                expected = f"less than {slowest:.6g}, at which an SLO's slowest page can begin"
                raise mismatch(f"{self.end.burn:g}", expected, "end", "burn")
        return self


class Policy(PolicyFile):
    """A set of tiers by its name, the pages first and the most urgent of each kind before the others."""

    name: str

    @classmethod
    def of(cls, name: str, file: PolicyFile) -> Self:
        """The policy of a file, in order."""
        tiers = sorted(file.tiers, key=lambda tier: (tier.kind, -tier.burn))
        end = file.end and file.end.model_copy(update={"windows": tuple(sorted(set(file.end.windows)))})
        return cls(name=name, description=file.description, period=file.period, tiers=tuple(tiers), end=end)

    def __hash__(self) -> int:
        return hash(self.name)

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


Policies = Mapping[str, Policy]
"""Policies by their names."""


@lru_cache(maxsize=1)
def shipped_policies() -> Policies:
    """The policies that ship with slostack."""
    return {
        file.stem: Policy.of(
            file.stem, PolicyFile.model_validate(parse_yaml(file.read_text(encoding="utf-8"), file.name).data)
        )
        for file in sorted(_FOLDER.glob("*.yaml"))
    }


def _by_name(value: object, info: ValidationInfo) -> Policy:
    """The policy of a name, of those in the context's `policies`, or that ship with slostack where it has none."""
    if isinstance(value, Policy):
        return value
    known: Policies = (info.context or {}).get("policies") or shipped_policies()
    if not isinstance(value, str) or value not in known:
        raise mismatch(describe(value), f"one of {', '.join(known)}")
    return known[value]


NamedPolicy = Annotated[
    Policy,
    BeforeValidator(_by_name),
    PlainSerializer(lambda policy: policy.name, return_type=str),
    WithJsonSchema({"anyOf": [{"enum": [*shipped_policies()]}, {"type": "string", "pattern": NAME_PATTERN}]}),
]
