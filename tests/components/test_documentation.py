"""docs/environments.md lists every setting and every secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from slostack import plain_yaml
from slostack.deploy.secrets import known_secrets
from slostack.settings import Settings, parse_settings
from slostack.teams import parse_teams
from tests.components.needs_stack import NEEDS
from tests.components.program import ROOT, stack_config

TEXT = (ROOT / "docs" / "environments.md").read_text(encoding="utf-8")

BY_NAME = {
    "services": "<service>",
    "services.<service>.jobs": "<job>",
    "logs.limits": "<namespace>",
    "prometheus.remoteWrite": "<name>",
    "thanos.query.clusters": "<cluster>",
}


def documented(heading: str) -> set[str]:
    """The keys in the first column of a section's table."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {key for row in rows for key in re.findall(r"`([^`]+)`", row)}


def settings_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The dotted key of every value that a model takes."""
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        inner = inner_model(field.annotation)
        if inner is None:
            yield key
        elif key == "kubernetes.resources":
            yield from settings_keys(next(iter(map(inner_model_of, inner.model_fields.values()))), f"{key}.<server>.")
        elif key == "local.ports":
            yield f"{key}.<program>"
        else:
            yield from settings_keys(inner, f"{key}.{BY_NAME[key]}." if key in BY_NAME else f"{key}.")


def inner_model_of(field: Any) -> type[BaseModel]:
    model = inner_model(field.annotation)
    assert model
    return model


def inner_model(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation such as `Email | None` or `Mapping[str, WatchedService]` has in it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for each in get_args(annotation) if (model := inner_model(each))), None)


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert documented("Settings") == set(settings_keys(Settings))


def test_every_secret_is_documented_and_nothing_else() -> None:
    config = stack_config("prod")
    config["prometheus"] |= {"remoteWrite": {"x": {"url": "https://x.example", "token": True}}}
    config["services"]["learnsnap"]["needs"] = NEEDS
    settings = parse_settings(config, "prod")
    teams = parse_teams("teams: {platform: {email: [a@b.example], slack: {channel: a, url: x}, pagerduty: x, sms: x}}")
    keys = {secret.key for secret in known_secrets(settings, teams)}
    of_services = f"-({'|'.join(settings.services)})$"
    assert documented("Secrets") == {re.sub("-x$", "-<name>", re.sub(of_services, "-<service>", key)) for key in keys}


def test_the_project_file_declares_every_setting() -> None:
    project = plain_yaml.load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert set(project["config"]) == {field.alias or name for name, field in Settings.model_fields.items()}
    for name, declared in project["config"].items():
        is_object = inner_model(Settings.model_fields[name].annotation) is not None
        assert declared["type"] == ("object" if is_object else "string")
        assert ("default" in declared) == is_object
