"""The teams file's model: where each team hears of its services' alerts."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from slostack.names import STACK_TEAM
from slostack.settings.part import Mail, written
from slostack.spec.fields import NAME_PATTERN, Name
from slostack.spec.part import Part, any_of
from slostack.spec.quantities import mismatch
from slostack.spec.source import describe

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_HOURS = r"([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)"


def _hours(value: str) -> str:
    if not re.fullmatch(_HOURS, value):
        raise mismatch(describe(value), "hours such as 09:00-17:00")
    start, end = value.split("-")
    if start >= end:
        raise mismatch(describe(value), "an end after the start")
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        if available_timezones() or not re.fullmatch(r"[A-Za-z0-9_+/-]+", value):
            raise mismatch(describe(value), "a time zone such as Europe/Berlin or UTC") from None
    return value


Email = Annotated[Mail, Field(json_schema_extra={"pattern": r"^[^@\s].*@\S+$", "examples": ["oncall@acme.example"]})]
Channel = Annotated[
    str,
    written(r"\S+", 'a channel such as "#alerts"'),
    Field(json_schema_extra={"pattern": r"^\S+$", "examples": ["#alerts"]}),
]


class SlackChannel(Part):
    """A team's Slack channel."""

    channel: Channel = Field(description='The channel, such as "#shop-alerts".')
    url: Name | None = Field(
        None,
        description="The name of the webhook of this channel: its URL is the secret slackUrl-<name>. "
        "By default the stack's (slackUrl), which has to be one that may post in every channel.",
    )


class BusinessHours(Part):
    """When a team hears of low alerts."""

    hours: Annotated[str, AfterValidator(_hours), Field(json_schema_extra={"pattern": f"^{_HOURS}$"})] = Field(
        "09:00-17:00", description="From when until when, such as 09:00-17:00."
    )
    days: tuple[Weekday, ...] = Field(
        ("monday", "tuesday", "wednesday", "thursday", "friday"),
        strict=False,
        min_length=1,
        description="The days of the week.",
    )
    time_zone: Annotated[str, AfterValidator(_time_zone)] = Field("UTC", description="Such as Europe/Berlin.")


class Escalation(Part):
    """Who hears of a critical alert that still fires after 15 minutes."""

    model_config = ConfigDict(json_schema_extra=any_of("email", "pagerduty", "sms"))

    email: tuple[Email, ...] = Field((), strict=False, description="The addresses of the second level.")
    pagerduty: Name | None = Field(
        None, description="The name of the second level's key: it is the secret pagerdutyKey-<name>."
    )
    sms: Name | None = Field(
        None, description="The name of the second level's webhook: its URL is the secret smsUrl-<name>."
    )

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not (self.email or self.pagerduty or self.sms):
            raise mismatch("nobody", "`email`, `pagerduty` or `sms` of the second level")
        return self


class Team(Part):
    """Where a team hears of alerts. Which of it an environment uses, its receivers say."""

    email: tuple[Email, ...] = Field(strict=False, min_length=1, description="Its addresses, at least one.")
    slack: SlackChannel | None = Field(None, description="Its Slack channel.")
    pagerduty: Name | None = Field(
        None,
        description="The name of its PagerDuty key: it is the secret pagerdutyKey-<name>. By default the stack's "
        "(pagerdutyKey).",
    )
    sms: Name | None = Field(
        None,
        description="The name of the webhook that sends text messages to its lead: its URL is the secret "
        "smsUrl-<name>. By default the stack's (smsUrl).",
    )
    business_hours: BusinessHours | None = Field(
        None, description="When it hears of low alerts; by default at any time."
    )
    escalation: Escalation | None = Field(
        None, description="Who else hears of a critical alert that still fires after 15 minutes; by default nobody."
    )


class TeamsFile(Part):
    """All that teams.yaml says."""

    teams: dict[Name, Team] = Field(
        description=f"Every team by its name, as the SLO files name it; {STACK_TEAM} has the stack's own alerts.",
        json_schema_extra={"propertyNames": {"type": "string", "pattern": NAME_PATTERN, "maxLength": 63}},
    )

    @model_validator(mode="after")
    def _somebody_for_the_stack(self) -> Self:
        if STACK_TEAM not in self.teams:
            raise mismatch(f"no team {STACK_TEAM}", "it beside the others: it has the stack's own alerts", "teams")
        return self
