"""Who is notified."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from slostack.settings.part import HostPort, Mail, SettingsPart, Url, written


class Email(SettingsPart):
    """Notifications by SMTP; the password is the secret smtpPassword."""

    to: Mail
    sender: Mail
    smarthost: HostPort
    username: str | None = None


class Slack(SettingsPart):
    """Notifications to a Slack channel; the webhook's URL is the secret slackUrl."""

    channel: Annotated[str, written(r"\S+", 'a channel such as "#alerts"')]


class PagerDuty(SettingsPart):
    """Pages for critical alerts; the routing key is the secret pagerdutyKey."""

    enabled: bool = True


class Sms(SettingsPart):
    """Text messages for critical alerts by a gateway's webhook, whose URL is the secret smsUrl. `gateway` is its
    host:port, which the network policy allows."""

    gateway: HostPort


class DeadMansSwitch(SettingsPart):
    """What hears from this stack all the time, and tells somebody when it doesn't: the URL that is asked is the secret
    deadMansSwitchUrl. `host` is its host:port, which the network policy allows."""

    host: HostPort


class Receivers(SettingsPart):
    """Who is notified. Nothing set: nobody is."""

    email: Email | None = None
    slack: Slack | None = None
    pagerduty: PagerDuty | None = None
    sms: Sms | None = None
    webhook: Url | None = None
    dead_mans_switch: DeadMansSwitch | None = Field(None, alias="deadMansSwitch")
