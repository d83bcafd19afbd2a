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
        if self._never_ends():
            found = f"{self.duration} from each time of {self.cron!r}, which never ends"
            raise mismatch(found, "times at which it is over, too", "cron")
        return self

    def _never_ends(self) -> bool:
        """Whether another has always begun when one is over, looked at for a day or, where not every day is like
        the next, for a year."""
        every_day, length = self.cron.split()[2:] == ["*", "*", "*"], timedelta(seconds=self.duration.seconds)
        if not every_day and length < _A_DAY:
            return False
        over = EPOCH
        while over < EPOCH + (_A_DAY if every_day else 366 * _A_DAY):
            latest = next(CronSim(self.cron, over + _MINUTE, reverse=True))
            if latest + length <= over:
                return False
            over = latest + length
        return True

    @property
    def schedule(self) -> CronSim:
        """The parsed cron expression."""
        return CronSim(self.cron, EPOCH)
