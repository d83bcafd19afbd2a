"""OpenSLO's time windows and durations."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from pydantic_core import PydanticCustomError

from slostack.imports.fields import Fields
from slostack.imports.mistakes import Mistakes
from slostack.spec.quantities import Duration
from slostack.spec.source import describe
from slostack.spec.windows import parse_window

_DEFAULT = "30d"
_SHORTHAND = re.compile("([0-9]{1,6})([mhdwMQY])")
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 30 * 86400, "Q": 90 * 86400, "Y": 365 * 86400}
_CALENDARS = {"1w": "week", "7d": "week", "1M": "month", "1Q": "quarter", "3M": "quarter"}
_UTC = ("UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal")


def read_window(spec: Fields) -> str:
    """The window of an SLO, as an SLO file has it; raises SpecError where it can't be said."""
    windows = spec.items("timeWindow")
    if not windows:
        spec.assume("timeWindow", f"{_DEFAULT}, as there is none")
        return _DEFAULT
    if len(windows) > 1:
        raise spec.error("timeWindow", f"{len(windows)} windows, expected one")
    window = windows[0]
    by_calendar = window.value("calendar") is not None
    window.value("duration")
    mistakes = Mistakes()
    with mistakes:
        is_rolling = window.boolean("isRolling")
        if by_calendar and is_rolling:
            raise window.error("isRolling", "true beside a calendar, expected one of the two")
        if not by_calendar and is_rolling is False:
            raise window.error("isRolling", "false without a calendar, expected `calendar` or `isRolling: true`")
    with mistakes:
        found = _calendar(window, window.required_fields("calendar")) if by_calendar else _rolling(window)
    mistakes.check(window)
    return found


def read_duration(fields: Fields, key: str) -> Duration:
    """A duration in OpenSLO's shorthand, or a number of minutes; raises SpecError."""
    value = fields.value(key)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**6:
        return Duration(60 * value)
    match = _SHORTHAND.fullmatch(value) if isinstance(value, str) else None
    if not match or not int(match[1]):
        raise fields.error(key, f"{describe(value)}, expected a duration such as 5m, 1h, 4w or 1M")
    return Duration(int(match[1]) * _SECONDS[match[2]])


def _rolling(window: Fields) -> str:
    duration = read_duration(window, "duration")
    text = str(window.value("duration"))
    try:
        parsed = parse_window(str(duration))
    except PydanticCustomError as error:
        raise window.error("duration", error.message()) from None
    if text[-1] in "MQY":
        window.assume("duration", f"{text} that roll are taken as {parsed}")
    return str(parsed)


def _calendar(window: Fields, calendar: Fields) -> str:
    mistakes = Mistakes()
    with mistakes:
        period = _period(window)
    with mistakes:
        start = _start(calendar)
    with mistakes:
        zone = calendar.optional_text("timeZone")
    mistakes.check(calendar)
    if start:
        expected = _begins_another_day(period, start)
        if expected:
            raise calendar.error("startTime", f"{start:%Y-%m-%d}, a {start:%A}: expected {expected}")
        if start.time() != time():
            calendar.leave("startTime", why=f"its time of day: a {period} begins at midnight in UTC")
    if zone and zone not in _UTC:
        calendar.leave("timeZone", why=f"{zone}: a {period} begins at midnight in UTC")
    return period


def _period(window: Fields) -> str:
    text = window.text("duration", f"one of {', '.join(_CALENDARS)}")
    if text not in _CALENDARS:
        raise window.error("duration", f"{text!r} by the calendar, expected one of {', '.join(_CALENDARS)}")
    return _CALENDARS[text]


def _start(calendar: Fields) -> datetime | None:
    value = calendar.value("startTime")
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime.combine(value, time())
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        raise calendar.error("startTime", f"{describe(value)}, expected a date such as 2024-01-01 00:00:00") from None


def _begins_another_day(period: str, start: datetime) -> str | None:
    """What was expected of a period's start where it isn't the calendar's own."""
    if period == "week":
        return None if start.weekday() == 0 else "a Monday, on which weeks begin here"
    if start.day != 1:
        return f"the first of a month, on which {period}s begin here"
    if period == "quarter" and start.month % 3 != 1:
        return "January, April, July or October, in which quarters begin here"
    return None
