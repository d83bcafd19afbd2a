"""Who is notified."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from slostack.settings.part import (
    HostPort,
    Mail,
    Sender,
    SettingsPart,
    Url,
    can_be_read,
    mismatch,
    stays_inside,
    written,
)

_TLS_FROM_THE_START = ":465"
"""The port at which mail servers speak TLS without being asked to."""


class Email(SettingsPart):
    """Notifications by SMTP; the password is the secret smtpPassword. `to` gets it all, in place of the teams."""

    to: Mail | None = None
    sender: Sender
    smarthost: HostPort
    username: str | None = None
    require_tls: bool = Field(True, alias="requireTls")

    @model_validator(mode="after")
    def _password_is_not_in_the_clear(self) -> Self:
        hidden = self.require_tls or self.smarthost.endswith(_TLS_FROM_THE_START) or stays_inside(self.smarthost)
        if self.username and not hidden:
            expected = "true, as the password can be read on its way, or no `username`"
            raise mismatch("`requireTls: false` beside `username`", expected, "requireTls")
        return self


class Slack(SettingsPart):
    """Notifications to Slack channels; the webhook's URL is the secret slackUrl. `channel` gets it all, in place of the
    teams' own."""

    channel: Annotated[str, written(r"\S+", 'a channel such as "#alerts"')] | None = None


class PagerDuty(SettingsPart):
    """Pages for critical alerts; the routing key is the secret pagerdutyKey. `url` is where events go, if not to
    PagerDuty in the United States."""

    enabled: bool = True
    url: Url | None = None

    @model_validator(mode="after")
    def _key_is_not_in_the_clear(self) -> Self:
        if self.url and can_be_read(self.url):
            raise mismatch("http://", "https://, as the routing key can be read on its way", "url")
        return self


class Sms(SettingsPart):
    """Text messages for critical alerts by a gateway's webhook, whose URL is the secret smsUrl. `gateway` is its
    host:port, which the network policy allows."""

    gateway: HostPort


class DeadMansSwitch(SettingsPart):
    """What hears from this stack all the time, and tells somebody when it doesn't: the URL that is asked is the secret
    deadMansSwitchUrl. `host` is its host:port, which the network policy allows."""

    host: HostPort


class Webhook(SettingsPart):
    """What gets every notification, as Alertmanager's JSON: the URL that is asked is the secret webhookUrl. `host` is
    its host:port, which the network policy allows."""

    host: HostPort


class Receivers(SettingsPart):
    """Who is notified. Nothing set: nobody is."""

    email: Email | None = None
    slack: Slack | None = None
    pagerduty: PagerDuty | None = None
    sms: Sms | None = None
    webhook: Webhook | None = None
    dead_mans_switch: DeadMansSwitch | None = Field(None, alias="deadMansSwitch")

    @field_validator("webhook", mode="before")
    @classmethod
    def _its_url_is_a_secret(cls, value: object) -> object:
        if isinstance(value, str):
            raise mismatch("plain text", "`host`, the host:port of its URL, which is the secret webhookUrl")
        return value
