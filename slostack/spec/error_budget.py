"""What a team does about a shrinking error budget: when releases are warned of, and when they stop."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from slostack.spec.part import Part
from slostack.spec.quantities import mismatch
from slostack.spec.source import describe

NEVER = "none"


def _share(value: object) -> float | None:
    if value == NEVER:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100:
        return float(value)
    raise mismatch(describe(value), f"a percentage of the budget from 0 to 100, or {NEVER}")


ShareOrNone = Annotated[
    float | None,
    BeforeValidator(_share),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": 100}, {"const": NEVER}]}),
]


class ErrorBudgetPolicy(Part):
    """What `slostack gate` says of a release by how much of an error budget is left."""

    warn_below: ShareOrNone = Field(
        25.0, description="A release is warned of while less than this percentage of the budget is left; none: never."
    )
    freeze_below: ShareOrNone = Field(
        0.0, description="Releases are frozen while less than this percentage of the budget is left; none: never."
    )

    @model_validator(mode="after")
    def _warns_first(self) -> Self:
        if self.warn_below is not None and self.freeze_below is not None and self.freeze_below > self.warn_below:
            expected = f"at most `warn_below` ({self.warn_below:g}), so that a warning comes first"
            raise mismatch(f"{self.freeze_below:g}", expected, "freeze_below")
        return self

    def __str__(self) -> str:
        """In words, for a reader of a change."""
        return f"warn {_below(self.warn_below)}, freeze {_below(self.freeze_below)}"


def _below(share: float | None) -> str:
    return "never" if share is None else f"below {share:g} %"
