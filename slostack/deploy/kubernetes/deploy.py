"""Puts a bundle into a cluster."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes import Provider
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from slostack.bundle import Bundle
from slostack.config import TENANT
from slostack.deploy.config import Secrets
from slostack.deploy.kubernetes.alertmanager import Alertmanager, AlertmanagerArgs
from slostack.deploy.kubernetes.files import folders
from slostack.deploy.kubernetes.flows import stack_flows
from slostack.deploy.kubernetes.grafana import Grafana, GrafanaArgs
from slostack.deploy.kubernetes.images import image
from slostack.deploy.kubernetes.labels import stack_labels
from slostack.deploy.kubernetes.loki import Loki, LokiArgs
from slostack.deploy.kubernetes.network import deny_by_default
from slostack.deploy.kubernetes.prometheus import Prometheus, PrometheusArgs
from slostack.deploy.kubernetes.server import ServerArgs
from slostack.deploy.kubernetes.topology import place
from slostack.servers import versions
from slostack.settings import Resources, Settings

_GROWING = {"prometheus": ("rules",), "alertmanager": (), "loki": (f"rules/{TENANT}",), "grafana": ("dashboards",)}
"""The folders of each server's files that grow with services and SLOs."""


def deploy(bundle: Bundle, settings: Settings, secrets: Secrets) -> None:
    """Registers the namespace and the four servers with the files of a bundle.

    Raises SlostackError, before it registers anything, where the files don't fit into ConfigMaps.
    """
    shards = settings.kubernetes.shards
    files = {server: folders(server, bundle.below(server), growing, shards) for server, growing in _GROWING.items()}
    opts = pulumi.ResourceOptions(provider=_provider(settings))
    namespace = _namespace(settings, opts)
    deny_by_default(namespace.metadata.name, settings.kubernetes.labels, opts)

    def server(name: str, resources: Resources, storage: str | None, replicas: int = 1) -> ServerArgs:
        return ServerArgs(
            namespace=namespace.metadata.name,
            image=image(name, settings.kubernetes.images),
            version=versions()[name].version,
            place=place(name, settings.kubernetes.namespace, replicas),
            folders=files[name],
            secrets={secret.file: value for secret, value in secrets.items() if secret.server == name},
            flows=stack_flows(settings),
            resources=resources,
            cluster=settings.kubernetes,
            replicas=replicas,
            storage=storage,
        )

    resources, urls = settings.kubernetes.resources, settings.urls
    prometheus = server("prometheus", resources.prometheus, settings.prometheus.storage, settings.prometheus.replicas)
    alertmanager = server(
        "alertmanager", resources.alertmanager, settings.alertmanager.storage, settings.alertmanager.replicas
    )
    loki = server("loki", resources.loki, settings.loki.storage)
    own_volume = None if settings.grafana.database else settings.grafana.storage
    grafana = server("grafana", resources.grafana, own_volume, settings.grafana.replicas)
    Prometheus("prometheus", PrometheusArgs(prometheus, urls.prometheus), opts)
    Alertmanager("alertmanager", AlertmanagerArgs(alertmanager, urls.alertmanager), opts)
    Loki("loki", LokiArgs(loki), opts)
    Grafana("grafana", GrafanaArgs(grafana), opts)


def _provider(settings: Settings) -> Provider:
    """The one provider. Its context is pinned; ConfigMaps and Secrets are edited in place, never replaced. What is
    there already is taken over: what a `destroy` kept, and what an interrupted `up` made but could not note."""
    return Provider(
        "kubernetes",
        context=settings.kubernetes.context,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        upsert_existing_objects=True,
    )


def _namespace(settings: Settings, opts: pulumi.ResourceOptions) -> Namespace:
    """The namespace. It outlives the stack, as the claims of the volumes do, which would go with it."""
    labels = {
        **settings.kubernetes.labels,
        **stack_labels(),
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
    }
    metadata = ObjectMetaArgs(name=settings.kubernetes.namespace, labels=labels)
    kept = pulumi.ResourceOptions(retain_on_delete=True, protect=settings.kubernetes.protect)
    return Namespace("namespace", metadata=metadata, opts=pulumi.ResourceOptions.merge(opts, kept))
