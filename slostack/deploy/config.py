"""A stack's config as settings and secrets: the one place that reads it from Pulumi."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi

from slostack.deploy.secret_values import expected_value
from slostack.deploy.secrets import GRAFANA_SECRET_KEY, Secret, known_secrets, names_secret, required_secrets
from slostack.errors import SlostackError
from slostack.settings import PROJECT, Settings, parse_settings
from slostack.teams import Teams, load_teams, teams_of

Secrets = Mapping[Secret, pulumi.Output[str]]


def read_config(config: pulumi.Config, stack: str, root: Path) -> tuple[Settings, Secrets]:
    """The settings of a stack and the secrets that they call for; `root` is that of the project.

    Raises SlostackError with what is missing, unknown or wrong, and with secrets that are not encrypted.
    """
    prefix = f"{PROJECT}:"
    texts = {k.removeprefix(prefix): v for k, v in pulumi.runtime.get_config_env().items() if k.startswith(prefix)}
    _refuse(stack, _encrypted_settings(config, texts))
    settings = parse_settings({k: _plain(v) for k, v in texts.items() if not names_secret(k)}, stack, root)
    required = required_secrets(settings, teams_of(root, settings.watched))
    _refuse(stack, _wrong_secrets(config, texts, settings, load_teams(root), required, stack))
    return settings, {secret: config.require_secret(secret.key) for secret in required}


def _refuse(stack: str, problems: Iterator[str]) -> None:
    if lines := [f"stack {stack}: {PROJECT}:{problem}" for problem in problems]:
        raise SlostackError("\n".join(lines))


def _plain(text: str) -> Any:
    """A value as it stands in the stack's file; Pulumi hands objects over as JSON."""
    try:
        return json.loads(text) if text.startswith(("{", "[")) else text
    except ValueError:
        return text


def _encrypted_settings(config: pulumi.Config, keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        if not names_secret(key) and pulumi.runtime.is_config_secret(config.full_key(key)):
            expected = "plain text (only keys that `slostack docs environments` calls secrets may be)"
            yield f"{key}: encrypted, expected {expected}"


def _wrong_secrets(
    config: pulumi.Config,
    texts: Mapping[str, str],
    settings: Settings,
    teams: Teams,
    required: tuple[Secret, ...],
    stack: str,
) -> Iterator[str]:
    if settings.delivery == "local":
        for key in filter(names_secret, texts):
            yield f"{key}: not read on this machine, expected the file that `slostack docs local` names"
        return
    known = {secret.key for secret in known_secrets(settings, teams)}
    for key in filter(names_secret, texts):
        if key not in known:
            yield (
                f"{key}: no such secret, expected one of {', '.join(sorted(known))}, "
                f"or it taken away: pulumi config rm {key} --stack {stack}"
            )
        elif not pulumi.runtime.is_config_secret(config.full_key(key)):
            yield f"{key}: plain text, expected a secret: {_how_to_set(key, stack)}"
    for secret in required:
        if secret.key not in texts:
            yield f"{secret.key}: missing, expected a secret: {_how_to_set(secret.key, stack)}"
        elif expected := expected_value(secret.key, texts[secret.key], settings):
            yield f"{secret.key}: another value, expected {expected}: {_how_to_set(secret.key, stack)}"


def _how_to_set(key: str, stack: str) -> str:
    made_up = "openssl rand -base64 32 | " if key == GRAFANA_SECRET_KEY.key else ""
    return f"{made_up}pulumi config set --secret {key} --stack {stack}"
