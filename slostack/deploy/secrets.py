"""The secrets of a stack: which ones its settings call for, and what file each becomes for which server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slostack.settings import Settings


@dataclass(frozen=True)
class Secret:
    """A secret: its key in the stack's config, the server that reads it and the name of the file it reads it from."""

    key: str
    server: str
    file: str


SLACK_URL = Secret("slackUrl", "alertmanager", "slack-url")
PAGERDUTY_KEY = Secret("pagerdutyKey", "alertmanager", "pagerduty-key")
SMTP_PASSWORD = Secret("smtpPassword", "alertmanager", "smtp-password")
GRAFANA_ADMIN_PASSWORD = Secret("grafanaAdminPassword", "grafana", "grafana-admin-password")
_FIXED = (SLACK_URL, PAGERDUTY_KEY, SMTP_PASSWORD, GRAFANA_ADMIN_PASSWORD)
_SCRAPE_TOKEN = "scrapeToken-"


def scrape_token(service: str) -> Secret:
    """The bearer token with which a service's metrics are scraped."""
    return Secret(f"{_SCRAPE_TOKEN}{service}", "prometheus", f"scrape-token-{service}")


def names_secret(key: str) -> bool:
    """Whether a config key is that of a secret."""
    return key in {secret.key for secret in _FIXED} or key.startswith(_SCRAPE_TOKEN)


def known_secrets(settings: Settings) -> tuple[Secret, ...]:
    """Every secret that a stack with these settings can have, whether it is in use or not."""
    return (*_FIXED, *map(scrape_token, sorted(settings.services)))


def required_secrets(settings: Settings) -> tuple[Secret, ...]:
    """The secrets that the settings call for in a stack's config; on this machine they are files already."""
    return tuple(secrets_in_use(settings)) if settings.delivery == "kubernetes" else ()


def secrets_in_use(settings: Settings) -> Iterator[Secret]:
    """The secrets that servers with these settings read, wherever they come from."""
    receivers = settings.receivers
    if receivers.slack:
        yield SLACK_URL
    if receivers.pagerduty and receivers.pagerduty.enabled:
        yield PAGERDUTY_KEY
    if receivers.email and receivers.email.username:
        yield SMTP_PASSWORD
    yield GRAFANA_ADMIN_PASSWORD
    for name, service in sorted(settings.services.items()):
        if service.token:
            yield scrape_token(name)
