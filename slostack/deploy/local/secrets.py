"""The secrets of the stack on this machine: files that only the user and the servers read."""

from __future__ import annotations

import secrets
from pathlib import Path

from slostack.deploy.local.state_folder import StateFolder
from slostack.deploy.secrets import GRAFANA_ADMIN_PASSWORD, Secret, secrets_in_use
from slostack.errors import SlostackError
from slostack.files import write_atomically
from slostack.settings import Settings
from slostack.teams import Teams


def prepare_secrets(folder: StateFolder, settings: Settings, teams: Teams) -> None:
    """Makes up Grafana's password once, and sees that all others are there; raises SlostackError where one isn't."""
    password = secret_file(folder, GRAFANA_ADMIN_PASSWORD)
    if not password.is_file():
        write_atomically(password, secrets.token_urlsafe(18), mode=0o600)
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
