"""The window of an error budget: rolling, or a calendar period in UTC."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from slostack.spec.quantities import DURATION_SCHEMA, Duration, mismatch
from slostack.spec.source import describe

SHORTEST, LONGEST = Duration(3600), Duration(90 * 86400)
STEP = Duration(300)
"""Counts are recorded this often: a window holds a whole number of them."""
_A_MONDAY = 4 * 86400
"""As Unix time."""


@dataclass(frozen=True)
class Calendar:
    """A calendar period: at its start the whole budget is back. Weeks begin on Monday."""

    name: str
    seconds: int
    """Its usual length, by which burn rates are scaled."""
    longest: Duration
    """How far back its start can be."""

    def __str__(self) -> str:
        return self.name

    def period_at(self, at: int) -> tuple[int, int]:
        """A number of the period that a Unix time is in, one more than that of the period before, and its seconds."""
        if self.name == "week":
            return (at - _A_MONDAY) // self.seconds, self.seconds
        day, months = datetime.fromtimestamp(at, UTC), 3 if self.name == "quarter" else 1
        number = (12 * day.year + day.month - 1) // months
        days = sum(
            monthrange(month // 12, month % 12 + 1)[1] for month in range(number * months, (number + 1) * months)
        )
        return number, days * 86400


CALENDARS = {
    period.name: period
    for period in (
        Calendar("week", 7 * 86400, Duration(7 * 86400)),
        Calendar("month", 30 * 86400, Duration(31 * 86400)),
        Calendar("quarter", 90 * 86400, Duration(92 * 86400)),
    )
}


def parse_window(value: object) -> Duration | Calendar:
    """The window; raises PydanticCustomError for any other value."""
    if isinstance(value, Duration | Calendar):
        return value
    if isinstance(value, str) and value in CALENDARS:
        return CALENDARS[value]
    expected = f"a rolling window from {SHORTEST} to {LONGEST}, such as 30d, or a calendar one: {', '.join(CALENDARS)}"
    try:
        window = Duration.parse(value)
    except PydanticCustomError:
        raise mismatch(describe(value), expected) from None
    if not SHORTEST <= window <= LONGEST:
        raise mismatch(f"{window}", expected)
    if window.seconds % STEP.seconds:
        raise mismatch(f"{window}", f"a window of whole {STEP}, such as 1h30m")
    return window


_SCHEMA: dict[str, Any] = {
    "anyOf": [{"enum": [*CALENDARS]}, {**DURATION_SCHEMA, "examples": ["7d", "28d", "30d", "90d"]}]
}
Window = Annotated[
    Duration | Calendar, BeforeValidator(parse_window), PlainSerializer(str, return_type=str), WithJsonSchema(_SCHEMA)
]
