"""The secrets of a stack: which ones its settings call for, and what file each becomes for which server."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from slostack.config.bucket import CREDENTIALS_FILE
from slostack.config.exporters import SECRET_FILES, Exporter, exporters
from slostack.config.grafana import SCRAPERS_PASSWORD
from slostack.config.prometheus import remote_write_file
from slostack.config.recipients import (
    DEAD_MANS_SWITCH_URL,
    NO_TEAMS,
    PAGERDUTY_KEY,
    SLACK_URL,
    SMS_URL,
    SMTP_PASSWORD,
    WEBHOOK_URL,
    recipients,
    secret_file,
    team_secrets,
)
from slostack.settings import NeededJson, NeededRds, NeededRedis, Settings
from slostack.teams import Teams


@dataclass(frozen=True)
class Secret:
    """A secret: its key in the stack's config, the server that reads it and the name of the file it reads it from."""

    key: str
    server: str
    file: str


def _of_alertmanager(key: str) -> Secret:
    return Secret(key, "alertmanager", secret_file(key))


LOKI_BUCKET = Secret("lokiBucket", "loki", CREDENTIALS_FILE)
GRAFANA_ADMIN_PASSWORD = Secret("grafanaAdminPassword", "grafana", "grafana-admin-password")
GRAFANA_DATABASE_PASSWORD = Secret("grafanaDatabasePassword", "grafana", "grafana-database-password")
GRAFANA_OIDC_SECRET = Secret("grafanaOidcSecret", "grafana", "grafana-oidc-secret")
GRAFANA_SECRET_KEY = Secret("grafanaSecretKey", "grafana", "grafana-secret-key")
THANOS_BUCKET = Secret("thanosBucket", "thanos", "bucket.yaml")
_FIXED = (
    *map(_of_alertmanager, (SLACK_URL, PAGERDUTY_KEY, SMTP_PASSWORD, SMS_URL, DEAD_MANS_SWITCH_URL, WEBHOOK_URL)),
    LOKI_BUCKET,
    GRAFANA_ADMIN_PASSWORD,
    GRAFANA_DATABASE_PASSWORD,
    GRAFANA_OIDC_SECRET,
    GRAFANA_SECRET_KEY,
    THANOS_BUCKET,
)
_OF_NEEDS = {
    "postgres": "postgresPassword-",
    "redis": "redisPassword-",
    "rds": "awsCredentials-",
    "json": "jsonToken-",
}
_TOKEN, _CERTIFICATE, _KEY = "scrapeToken-", "scrapeCertificate-", "scrapeKey-"
_REMOTE_WRITE = "remoteWriteToken-"
_NAMED = (
    *(_TOKEN, _CERTIFICATE, _KEY, _REMOTE_WRITE, *_OF_NEEDS.values()),
    *(f"{key}-" for key in (SLACK_URL, PAGERDUTY_KEY, SMS_URL)),
)
"""Begin the keys of secrets that have the name of a service, or one from the teams file, at their end."""


def scrape_token(service: str) -> Secret:
    """The bearer token with which a service's metrics are scraped."""
    return Secret(f"{_TOKEN}{service}", "prometheus", f"scrape-token-{service}")


def scrape_certificate(service: str) -> Secret:
    """The client certificate (PEM) with which a service's metrics are scraped."""
    return Secret(f"{_CERTIFICATE}{service}", "prometheus", f"scrape-certificate-{service}")


def scrape_key(service: str) -> Secret:
    """The private key (PEM) of that certificate."""
    return Secret(f"{_KEY}{service}", "prometheus", f"scrape-key-{service}")


def remote_write_token(name: str) -> Secret:
    """The bearer token, or the password, with which samples are written elsewhere."""
    return Secret(f"{_REMOTE_WRITE}{name}", "prometheus", remote_write_file(name))


def scrapers_password(grafana_secret_key: str) -> str:
    """The password with which Prometheus scrapes Grafana. It is made of Grafana's key, of which it tells nothing: so
    nobody has to make it up."""
    return hmac.new(grafana_secret_key.strip().encode(), SCRAPERS_PASSWORD.encode(), "sha256").hexdigest()


def need_secret(exporter: Exporter) -> Secret:
    """What lets an exporter look at what a service needs."""
    return Secret(f"{_OF_NEEDS[exporter.need]}{exporter.service}", exporter.server, SECRET_FILES[exporter.need])


def _wants_secret(exporter: Exporter) -> bool:
    match exporter.facts:
        case NeededRedis():
            return exporter.facts.password
        case NeededRds():
            return exporter.facts.credentials
        case NeededJson():
            return exporter.facts.token
    return True


def names_secret(key: str) -> bool:
    """Whether a config key is that of a secret."""
    return key in {secret.key for secret in _FIXED} or key.startswith(_NAMED)


def known_secrets(settings: Settings, teams: Teams = NO_TEAMS) -> tuple[Secret, ...]:
    """Every secret that a stack with these settings can have, whether it is in use or not."""
    of_services = (
        make(service)
        for service in sorted(settings.services)
        for make in (scrape_token, scrape_certificate, scrape_key)
    )
    of_remotes = map(remote_write_token, sorted(settings.prometheus.remote_write))
    of_needs = map(need_secret, exporters(settings))
    return (*_FIXED, *map(_of_alertmanager, team_secrets(teams)), *of_services, *of_remotes, *of_needs)


def required_secrets(settings: Settings, teams: Teams = NO_TEAMS) -> tuple[Secret, ...]:
    """The secrets that the settings call for in a stack's config, of the teams that it notifies; on this machine they
    are files already, and beside manifests they are made by whoever applies those."""
    return cluster_secrets(settings, teams) if settings.delivery in ("kubernetes", "operator") else ()


def cluster_secrets(settings: Settings, teams: Teams = NO_TEAMS) -> tuple[Secret, ...]:
    """The secrets that a stack in a cluster reads; where an operator runs the servers, it has no Grafana or Loki."""
    return tuple(
        secret
        for secret in secrets_in_use(settings, teams)
        if settings.delivery == "kubernetes" or secret.server not in ("grafana", "loki")
    )


def secrets_in_use(settings: Settings, teams: Teams = NO_TEAMS) -> Iterator[Secret]:
    """The secrets that servers with these settings read, wherever they come from."""
    receivers = settings.receivers
    ways = (way for each in recipients(settings, teams) for way in (each.ways, each.second_level) if way)
    yield from map(_of_alertmanager, sorted({key for way in ways for key in way.secrets}))
    if receivers.email and receivers.email.username:
        yield _of_alertmanager(SMTP_PASSWORD)
    if receivers.dead_mans_switch:
        yield _of_alertmanager(DEAD_MANS_SWITCH_URL)
    if receivers.webhook:
        yield _of_alertmanager(WEBHOOK_URL)
    if settings.loki.bucket and settings.loki.bucket.credentials:
        yield LOKI_BUCKET
    yield GRAFANA_ADMIN_PASSWORD
    yield GRAFANA_SECRET_KEY
    if settings.grafana.database:
        yield GRAFANA_DATABASE_PASSWORD
    if settings.grafana.oidc:
        yield GRAFANA_OIDC_SECRET
    if settings.thanos.enabled:
        yield THANOS_BUCKET
    for name, remote in sorted(settings.prometheus.remote_write.items()):
        if remote.has_secret:
            yield remote_write_token(name)
    for name, service in sorted(settings.services.items()):
        if any(way.token for way in service.ways):
            yield scrape_token(name)
        if any(way.client_certificate for way in service.ways):
            yield scrape_certificate(name)
            yield scrape_key(name)
    yield from (need_secret(exporter) for exporter in exporters(settings) if _wants_secret(exporter))
