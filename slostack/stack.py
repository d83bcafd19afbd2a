"""The bundle of one environment: every file that its servers read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from pathlib import Path

from slostack import names
from slostack.bundle import GRAFANA_URL, NAMESPACE, RUNBOOK_URL, Bundle
from slostack.checks import check_custom_files
from slostack.config import TENANT, config_files
from slostack.config.topology import Topology
from slostack.errors import SlostackError
from slostack.needed import check_needs
from slostack.project import (
    CLUSTERS_DASHBOARD,
    CUSTOM,
    DASHBOARD_FOLDER,
    LOKI_RULE_FOLDER,
    RULE_FOLDER,
    THANOS_DASHBOARD,
    THANOS_RULES,
    custom_texts,
    generated_files,
)
from slostack.retention import check_retention
from slostack.settings import Settings
from slostack.spec import Service, load_services, slo_file
from slostack.teams import check_teams, load_teams


def make_bundle(root: Path, settings: Settings, topology: Topology) -> Bundle:
    """The files of the project at `root` for one environment; raises SpecError where its own files are wrong."""
    every_service = load_services(root)
    check_watched(every_service, settings)
    services = watched_services(every_service, settings)
    files = {slo_file(root, service.service): service for service in services}
    check_retention(root, files, [settings])
    check_needs(services, settings)
    check_groups(services, settings)
    check_custom_files(root, every_service)
    teams = load_teams(root)
    check_teams(teams, files, root)
    generated = generated_files(services)
    if not settings.thanos.enabled:
        del generated[THANOS_RULES], generated[THANOS_DASHBOARD]
    if not settings.thanos.query.clusters:
        del generated[CLUSTERS_DASHBOARD]
    rules = chain(_taken(generated, RULE_FOLDER), _own(root, RULE_FOLDER))
    dashboards = chain(_taken(generated, DASHBOARD_FOLDER), _own(root, DASHBOARD_FOLDER))
    return Bundle(
        {
            **config_files(services, settings, topology, teams),
            **{f"prometheus/rules/{name}": of_environment(text, settings) for name, text in rules},
            **{f"loki/rules/{TENANT}/{name}": text for name, text in _taken(generated, LOKI_RULE_FOLDER)},
            **{f"grafana/dashboards/{name}": of_environment(_compact(text), settings) for name, text in dashboards},
        }
    )


def check_watched(services: Collection[Service], settings: Settings) -> None:
    """Raises SlostackError where the settings name a service that the project doesn't have, or a scrape job or a probe
    that its service doesn't."""
    unknown = sorted(set(settings.services) - {service.service for service in services})
    if unknown:
        raise SlostackError(
            f"{settings.file}: slostack:services names {', '.join(unknown)}, "
            "expected services that have a file in slos/"
        )
    for service in watched_services(services, settings):
        _check_jobs(service, settings)
        _check_probes(service, settings)


def check_groups(services: Iterable[Service], settings: Settings) -> None:
    """Raises SlostackError where an SLO is grouped by the label that tells this cluster's series from those of others:
    beyond its Prometheus all of the SLO's groups would be one."""
    cluster, leave = settings.kubernetes.cluster, settings.thanos.enabled or bool(settings.prometheus.remote_write)
    for service in services if cluster and leave else ():
        for slo in service.slos:
            if names.CLUSTER in slo.group_by:
                raise SlostackError(
                    f"{settings.file}: slostack:kubernetes.cluster: {cluster!r} is the label `{names.CLUSTER}` of all "
                    f"series beyond this Prometheus, by which slos/{service.service}.yaml groups {slo.name!r}, "
                    "expected another label there (by a scrape's relabeling), or no name here"
                )


def watched_services(services: Iterable[Service], settings: Settings) -> tuple[Service, ...]:
    """The services that an environment judges: those that its settings name, and the demo's where that runs. The alerts
    of another one would take its absence for an outage."""
    return tuple(service for service in services if service.service in settings.watched)


def _check_jobs(service: Service, settings: Settings) -> None:
    """Raises SlostackError where the settings name a scrape job that the service doesn't have."""
    known = [scrape.job for scrape in service.scrape]
    for name in settings.watched[service.service].jobs:
        if name not in known:
            key = f"{settings.file}: slostack:services.{service.service}.jobs.{name}"
            expected = f"a scrape job of slos/{service.service}.yaml: {', '.join(known) or '(none)'}"
            raise SlostackError(f"{key}: no such job, expected {expected}")


def _check_probes(service: Service, settings: Settings) -> None:
    """Raises SlostackError where the settings name a probe that the service doesn't have, or what can't be asked so."""
    known = {probe.name: probe for probe in service.probes}
    for name, address in settings.watched[service.service].probes.items():
        key = f"{settings.file}: slostack:services.{service.service}.probes.{name}"
        if name not in known:
            expected = f"a probe of slos/{service.service}.yaml: {', '.join(known) or '(none)'}"
            raise SlostackError(f"{key}: no such probe, expected {expected}")
        if known[name].kind == "http" and "://" not in address:
            raise SlostackError(f"{key}: {address!r}, expected a URL such as https://shop.example: it asks by HTTP")


def _own(root: Path, folder: str) -> Iterator[tuple[str, str]]:
    """A team's own files with the name that they get beside the generated ones."""
    for path, text in custom_texts(root, folder).items():
        yield f"{CUSTOM}-{path.name}", text


def _taken(files: dict[str, str], folder: str) -> Iterator[tuple[str, str]]:
    """The files of a folder with their names. Each is taken away: together they can be more than memory holds twice."""
    for path in [path for path in files if path.rpartition("/")[0] == folder]:
        yield path.rpartition("/")[2], files.pop(path)


def _compact(json_text: str) -> str:
    """JSON without its indentation, which is for reviews and nearly half of it; no string holds a line break."""
    return "".join(line.strip() for line in json_text.split("\n"))


def of_environment(text: str, settings: Settings) -> str:
    """A generated text with an environment's own URLs and namespace in place of the stand-ins."""
    own = {
        GRAFANA_URL: settings.urls.grafana.rstrip("/"),
        RUNBOOK_URL: settings.urls.runbooks.rstrip("/"),
        NAMESPACE: settings.kubernetes.namespace,
    }
    for stand_in, value in own.items():
        text = text.replace(stand_in, value)
    return text
