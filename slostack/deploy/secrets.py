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
SMS_URL = Secret("smsUrl", "alertmanager", "sms-url")
DEAD_MANS_SWITCH_URL = Secret("deadMansSwitchUrl", "alertmanager", "dead-mans-switch-url")
GRAFANA_ADMIN_PASSWORD = Secret("grafanaAdminPassword", "grafana", "grafana-admin-password")
GRAFANA_DATABASE_PASSWORD = Secret("grafanaDatabasePassword", "grafana", "grafana-database-password")
GRAFANA_OIDC_SECRET = Secret("grafanaOidcSecret", "grafana", "grafana-oidc-secret")
GRAFANA_SECRET_KEY = Secret("grafanaSecretKey", "grafana", "grafana-secret-key")
_FIXED = (
    SLACK_URL,
    PAGERDUTY_KEY,
    SMTP_PASSWORD,
    SMS_URL,
    DEAD_MANS_SWITCH_URL,
    GRAFANA_ADMIN_PASSWORD,
    GRAFANA_DATABASE_PASSWORD,
    GRAFANA_OIDC_SECRET,
    GRAFANA_SECRET_KEY,
)
_TOKEN, _CERTIFICATE, _KEY = "scrapeToken-", "scrapeCertificate-", "scrapeKey-"


def scrape_token(service: str) -> Secret:
    """The bearer token with which a service's metrics are scraped."""
    return Secret(f"{_TOKEN}{service}", "prometheus", f"scrape-token-{service}")


def scrape_certificate(service: str) -> Secret:
    """The client certificate (PEM) with which a service's metrics are scraped."""
    return Secret(f"{_CERTIFICATE}{service}", "prometheus", f"scrape-certificate-{service}")


def scrape_key(service: str) -> Secret:
    """The private key (PEM) of that certificate."""
    return Secret(f"{_KEY}{service}", "prometheus", f"scrape-key-{service}")


def names_secret(key: str) -> bool:
    """Whether a config key is that of a secret."""
    return key in {secret.key for secret in _FIXED} or key.startswith((_TOKEN, _CERTIFICATE, _KEY))


def known_secrets(settings: Settings) -> tuple[Secret, ...]:
    """Every secret that a stack with these settings can have, whether it is in use or not."""
    of_services = (
        make(service)
        for service in sorted(settings.services)
        for make in (scrape_token, scrape_certificate, scrape_key)
    )
    return (*_FIXED, *of_services)


def required_secrets(settings: Settings) -> tuple[Secret, ...]:
    """The secrets that the settings call for in a stack's config; on this machine they are files already, and beside
    manifests they are made by whoever applies those."""
    return cluster_secrets(settings) if settings.delivery in ("kubernetes", "operator") else ()


def cluster_secrets(settings: Settings) -> tuple[Secret, ...]:
    """The secrets that a stack in a cluster reads; Grafana is none of it where an operator runs the servers."""
    return tuple(
        secret for secret in secrets_in_use(settings) if settings.delivery == "kubernetes" or secret.server != "grafana"
    )


def secrets_in_use(settings: Settings) -> Iterator[Secret]:
    """The secrets that servers with these settings read, wherever they come from."""
    receivers = settings.receivers
    if receivers.slack:
        yield SLACK_URL
    if receivers.pagerduty and receivers.pagerduty.enabled:
        yield PAGERDUTY_KEY
    if receivers.email and receivers.email.username:
        yield SMTP_PASSWORD
    if receivers.sms:
        yield SMS_URL
    if receivers.dead_mans_switch:
        yield DEAD_MANS_SWITCH_URL
    yield GRAFANA_ADMIN_PASSWORD
    if settings.grafana.database:
        yield GRAFANA_DATABASE_PASSWORD
    if settings.grafana.oidc:
        yield GRAFANA_OIDC_SECRET
        yield GRAFANA_SECRET_KEY
    for name, service in sorted(settings.services.items()):
        if service.token:
            yield scrape_token(name)
        if service.client_certificate:
            yield scrape_certificate(name)
            yield scrape_key(name)
