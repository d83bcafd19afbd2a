"""Every object that a cluster with the Prometheus operator gets, as plain data."""

from __future__ import annotations

from pathlib import Path

from slostack import plain_yaml
from slostack.bundle import Bundle
from slostack.deploy.kubernetes.labels import STACK
from slostack.deploy.kubernetes.shards import shards
from slostack.deploy.operator.manifest import Manifest, config_map, metadata
from slostack.deploy.operator.routes import ENVIRONMENT, alertmanager_config
from slostack.deploy.operator.scrapes import probes, scrape_configs
from slostack.errors import SlostackError
from slostack.exports import Metadata, project_objects
from slostack.settings import Settings
from slostack.spec import Service, load_services
from slostack.stack import watched_services

NAMESPACE = "namespace"
"""The label that the operator has every route of an AlertmanagerConfig, and its inhibitions, ask for."""


def operator_objects(root: Path, bundle: Bundle, settings: Settings) -> tuple[Manifest, ...]:
    """The objects of the project at `root`; its Secrets are not among them.

    Raises SlostackError where an SLO's label sets can't be routed, or a dashboard is more than a ConfigMap holds.
    """
    services = watched_services(load_services(root), settings)
    return (
        *_rules(root, services, settings),
        *scrape_configs(bundle, services, settings),
        *probes(services, settings),
        *_modules(bundle, settings),
        alertmanager_config(bundle, settings),
        *_dashboards(bundle, settings),
    )


def _rules(root: Path, services: tuple[Service, ...], settings: Settings) -> list[Manifest]:
    """PrometheusRules. Their alerts have the labels by which they are routed: external labels, by which they would be
    elsewhere, are the operator's here."""
    labels = {ENVIRONMENT: settings.environment}
    if settings.operator.namespace_matcher:
        _refuse_slos_by_namespace(services)
        labels[NAMESPACE] = settings.kubernetes.namespace
    objects = project_objects(root, services, settings, Metadata(alert_labels=labels))
    documents = ((name, plain_yaml.load(text)) for name, text in objects.items())
    return [
        {**document, "metadata": metadata(name, settings, settings.operator.labels)} for name, document in documents
    ]


def _refuse_slos_by_namespace(services: tuple[Service, ...]) -> None:
    for service in services:
        for slo in service.slos:
            if NAMESPACE in slo.group_by:
                raise SlostackError(
                    f"slos/{service.service}.yaml: {slo.name} is grouped by {NAMESPACE}, which the operator's "
                    "Alertmanager wants to be that of the AlertmanagerConfig; expected the strategy None there "
                    "(alertmanagerConfigMatcherStrategy) and slostack:operator.namespaceMatcher: false"
                )


def _modules(bundle: Bundle, settings: Settings) -> list[Manifest]:
    """A ConfigMap with the modules that the Probes name, for the cluster's blackbox exporter."""
    modules = bundle.below("blackbox")
    return [config_map(f"{STACK}-blackbox", settings, modules, {})] if modules else []


def _dashboards(bundle: Bundle, settings: Settings) -> list[Manifest]:
    count = settings.kubernetes.shards
    placed = shards(bundle.below("grafana/dashboards"), count, "dashboards")
    return [
        config_map(f"{STACK}-dashboards-{shard}-of-{count}", settings, data, settings.operator.dashboard_labels)
        for shard, data in placed.items()
    ]
