"""Where each team hears of alerts in one environment: what its stack's receivers and the teams file say together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from slostack.errors import SlostackError
from slostack.names import STACK_TEAM
from slostack.settings import Settings
from slostack.teams import BusinessHours, SlackChannel, Team, Teams

NO_TEAMS: Teams = MappingProxyType({})
"""The teams of a project without a teams file: everybody hears where the stack says."""
SLACK_URL, PAGERDUTY_KEY, SMS_URL, SMTP_PASSWORD = "slackUrl", "pagerdutyKey", "smsUrl", "smtpPassword"
DEAD_MANS_SWITCH_URL, WEBHOOK_URL = "deadMansSwitchUrl", "webhookUrl"
"""The stack's own secrets, by their keys; those of a name have it at their end: `pagerdutyKey-shop`."""


@dataclass(frozen=True)
class Ways:
    """How somebody hears: addresses, a Slack channel with the secret of its webhook, and the secrets of PagerDuty's key
    and of a text message's webhook, each by its key; None is not at all."""

    email: tuple[str, ...] = ()
    slack: tuple[str, str] | None = None
    pagerduty: str | None = None
    sms: str | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The keys of the secrets that these ways need."""
        keys = (self.slack[1] if self.slack else None, self.pagerduty, self.sms)
        return tuple(key for key in keys if key)


@dataclass(frozen=True)
class Recipient:
    """A team as one environment notifies it; `team` is empty where there is no teams file. `second_level` hears of what
    is escalated, None is that nobody does. Where only the stack's webhooks hear, there are no business hours."""

    team: str
    ways: Ways
    second_level: Ways | None = None
    business_hours: BusinessHours | None = None

    @property
    def is_default(self) -> bool:
        """Whether it hears of alerts that name no team that is known."""
        return self.team in ("", STACK_TEAM)


def secret_file(key: str) -> str:
    """The name of the file that a server reads a secret from: `slack-url-shop` for `slackUrl-shop`."""
    return re.sub("[A-Z]", lambda upper: f"-{upper[0].lower()}", key)


def recipients(settings: Settings, teams: Teams = NO_TEAMS) -> tuple[Recipient, ...]:
    """Every team of an environment, by name; raises SlostackError where neither stack nor teams file says where to."""
    if not teams:
        return (Recipient("", _without_teams(settings)),)
    return tuple(_recipient(name, team, settings) for name, team in sorted(teams.items()))


def team_secrets(teams: Mapping[str, Team]) -> tuple[str, ...]:
    """The keys of every secret that the teams name, whether an environment needs it or not."""
    keys: set[str] = set()
    for team in teams.values():
        second = team.escalation
        keys |= {_named(PAGERDUTY_KEY, name) for name in (team.pagerduty, second and second.pagerduty) if name}
        keys |= {_named(SMS_URL, name) for name in (team.sms, second and second.sms) if name}
        if team.slack and team.slack.url:
            keys.add(_named(SLACK_URL, team.slack.url))
    return tuple(sorted(keys))


def _recipient(name: str, team: Team, settings: Settings) -> Recipient:
    receivers = settings.receivers
    pages = bool(receivers.pagerduty and receivers.pagerduty.enabled)
    ways = Ways(
        email=_email(team.email, settings),
        slack=_slack(team.slack, settings),
        pagerduty=_named(PAGERDUTY_KEY, team.pagerduty) if pages else None,
        sms=_named(SMS_URL, team.sms) if receivers.sms else None,
    )
    second = None
    if level := team.escalation:
        second = Ways(
            email=_email(level.email, settings),
            pagerduty=_named(PAGERDUTY_KEY, level.pagerduty) if pages and level.pagerduty else None,
            sms=_named(SMS_URL, level.sms) if receivers.sms and level.sms else None,
        )
    return Recipient(name, ways, second, team.business_hours if ways != Ways() else None)


def _email(addresses: tuple[str, ...], settings: Settings) -> tuple[str, ...]:
    """The stack's address, in place of the teams' own, or these."""
    if not settings.receivers.email or not addresses:
        return ()
    return (settings.receivers.email.to,) if settings.receivers.email.to else addresses


def _slack(team: SlackChannel | None, settings: Settings) -> tuple[str, str] | None:
    """The stack's channel, in place of the teams' own, or the team's."""
    if not settings.receivers.slack:
        return None
    if settings.receivers.slack.channel:
        return settings.receivers.slack.channel, SLACK_URL
    return (team.channel, _named(SLACK_URL, team.url)) if team else None


def _without_teams(settings: Settings) -> Ways:
    receivers = settings.receivers
    for key, field, is_missing in (
        ("email", "to", receivers.email and not receivers.email.to),
        ("slack", "channel", receivers.slack and not receivers.slack.channel),
    ):
        if is_missing:
            raise SlostackError(
                f"{settings.file}: slostack:receivers.{key} has no `{field}` and there is no "
                "teams.yaml, expected one of the two to say who is notified"
            )
    return Ways(
        email=(receivers.email.to,) if receivers.email and receivers.email.to else (),
        slack=_slack(None, settings),
        pagerduty=PAGERDUTY_KEY if receivers.pagerduty and receivers.pagerduty.enabled else None,
        sms=SMS_URL if receivers.sms else None,
    )


def _named(key: str, name: str | None) -> str:
    return f"{key}-{name}" if name else key
