"""The secrets of the stack on this machine: files that only the user and the servers read."""

from __future__ import annotations

import secrets
from pathlib import Path

from slostack.config.grafana import SCRAPERS_PASSWORD
from slostack.deploy.local.state_folder import StateFolder
from slostack.deploy.secrets import (
    GRAFANA_ADMIN_PASSWORD,
    GRAFANA_SECRET_KEY,
    Secret,
    scrapers_password,
    secrets_in_use,
)
from slostack.errors import SlostackError
from slostack.files import write_atomically
from slostack.settings import Settings
from slostack.teams import Teams

_MADE_UP = {GRAFANA_ADMIN_PASSWORD: 18, GRAFANA_SECRET_KEY: 32}
"""Those that nobody else has to know, by their random bytes."""


def prepare_secrets(folder: StateFolder, settings: Settings, teams: Teams) -> None:
    """Makes up Grafana's password and key once, and sees that all others are there; raises SlostackError where one
    isn't."""
    for secret, size in _MADE_UP.items():
        file = secret_file(folder, secret)
        if not file.is_file():
            write_atomically(file, secrets.token_urlsafe(size), mode=0o600)
    password = scrapers_password(secret_file(folder, GRAFANA_SECRET_KEY).read_text(encoding="utf-8"))
    for server in ("grafana", "prometheus"):
        write_atomically(folder.secrets(server) / SCRAPERS_PASSWORD, password, mode=0o600, lasting=False)
    missing = [secret for secret in secrets_in_use(settings, teams) if not secret_file(folder, secret).is_file()]
    if missing:
        raise SlostackError(
            "\n".join(
                f"the settings call for the secret {secret.key}: write it into {secret_file(folder, secret)}"
                for secret in missing
            )
        )


def secret_file(folder: StateFolder, secret: Secret) -> Path:
    """Where a server of the stack on this machine reads a secret."""
    return folder.secrets(secret.server) / secret.file
