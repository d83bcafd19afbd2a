"""Maintenance windows: times at which an SLO is not judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from slostack.spec.part import Part
from slostack.spec.quantities import Duration, mismatch
from slostack.spec.source import describe

LONGEST = Duration(7 * 86400)
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
"""From here on schedules are looked at."""
_CRON = {"type": "string", "pattern": r"^\s*\S+(\s+\S+){4}\s*$", "examples": ["0 2 * * SUN"]}
BETWEEN = timedelta(minutes=6)
"""A count of five minutes, with the scrape before it, fits into so much time between maintenance."""
_MINUTE, _A_DAY = timedelta(minutes=1), timedelta(days=1)


def _cron(text: str) -> str:
    expected = 'five fields of cron in UTC (minute, hour, day, month, weekday), such as "0 2 * * SUN"'
    try:
        schedule = CronSim(text, EPOCH)
    except CronSimError as error:
        raise mismatch(f"{describe(text)} is no cron expression ({error})", expected) from None
    if len(text.split()) != 5:
        raise mismatch(f"{describe(text)} has seconds", expected)
    if any(isinstance(day, tuple) for day in schedule.weekdays) or CronSim.LAST_WEEKDAY in schedule.days:
        raise mismatch(f"{describe(text)} counts weekdays of the month", f"{expected}; without #, LW or a weekday's L")
    return text


Cron = Annotated[str, AfterValidator(_cron), WithJsonSchema(_CRON)]


class Maintenance(Part):
    """A time at which events neither burn budget nor alert."""

    cron: Cron = Field(description="When it begins, as cron in UTC: minute, hour, day, month, weekday.")
    duration: Duration = Field(description=f"How long it lasts, at most {LONGEST}.")

    @model_validator(mode="after")
    def _check_duration(self) -> Self:
        if self.duration > LONGEST:
            raise mismatch(f"{self.duration}", f"at most {LONGEST}", "duration")
        if self.duration.seconds % 60:
            raise mismatch(f"{self.duration}", "whole minutes", "duration")
        if never_over((self,)):
            found = f"{self.duration} from each time of {self.cron!r}, which never ends"
            raise mismatch(found, "times at which it is over, too", "cron")
        return self

    def latest_end(self, at: datetime) -> datetime:
        """When the one is over that has begun last."""
        return next(CronSim(self.cron, at + _MINUTE, reverse=True)) + timedelta(seconds=self.duration.seconds)

    @property
    def schedule(self) -> CronSim:
        """The parsed cron expression."""
        return CronSim(self.cron, EPOCH)


def never_over(windows: tuple[Maintenance, ...], rest: timedelta = timedelta(0)) -> bool:
    """Whether one of some windows is always under way, or was within a rest; looked at for a day or, where not every
    day is like the next, for a year."""
    every_day = all(window.cron.split()[2:] == ["*", "*", "*"] for window in windows)
    at = EPOCH
    while at < EPOCH + (_A_DAY if every_day else 366 * _A_DAY):
        latest = max(window.latest_end(at) for window in windows) + rest
        if latest <= at:
            return False
        at = latest
    return True
