"""The bundle of one environment: every file that its servers read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from slostack.bundle import GRAFANA_URL, RUNBOOK_URL, Bundle
from slostack.checks import check_custom_files
from slostack.config import TENANT, config_files
from slostack.config.topology import Topology
from slostack.errors import SlostackError
from slostack.project import (
    CUSTOM,
    DASHBOARD_FOLDER,
    LOKI_RULE_FOLDER,
    RULE_FOLDER,
    custom_texts,
    generated_files,
)
from slostack.retention import check_retention
from slostack.settings import Settings
from slostack.spec import load_services, slo_file


def make_bundle(root: Path, settings: Settings, topology: Topology) -> Bundle:
    """The files of the project at `root` for one environment; raises SpecError where its own files are wrong."""
    services = load_services(root)
    unknown = sorted(set(settings.services) - {service.service for service in services})
    if unknown:
        raise SlostackError(
            f"stacks/Pulumi.{settings.environment}.yaml: slostack:services names {', '.join(unknown)}, "
            "expected services that have a file in slos/"
        )
    files = {slo_file(root, service.service): service for service in services}
    check_retention(root, files, {settings.environment: settings})
    check_custom_files(root, services)
    generated = generated_files(services)
    rules = {**_folder(generated, RULE_FOLDER), **_own(root, RULE_FOLDER)}
    dashboards = {**_folder(generated, DASHBOARD_FOLDER), **_own(root, DASHBOARD_FOLDER)}
    return Bundle(
        {
            **config_files(services, settings, topology),
            **{f"prometheus/rules/{name}": with_urls(text, settings) for name, text in rules.items()},
            **{f"loki/rules/{TENANT}/{name}": text for name, text in _folder(generated, LOKI_RULE_FOLDER).items()},
            **{f"grafana/dashboards/{name}": with_urls(text, settings) for name, text in dashboards.items()},
        }
    )


def _own(root: Path, folder: str) -> dict[str, str]:
    """A team's own files by the name that they get beside the generated ones."""
    return {f"{CUSTOM}-{path.name}": text for path, text in custom_texts(root, folder).items()}


def _folder(files: Mapping[str, str], folder: str) -> dict[str, str]:
    return {Path(path).name: text for path, text in files.items() if Path(path).parent == Path(folder)}


def with_urls(text: str, settings: Settings) -> str:
    """A generated text with an environment's own URLs in place of the stand-ins."""
    return text.replace(GRAFANA_URL, settings.urls.grafana.rstrip("/")).replace(
        RUNBOOK_URL, settings.urls.runbooks.rstrip("/")
    )
