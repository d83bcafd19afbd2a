"""Puts the objects into a cluster that runs the Prometheus operator."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import ConfigMap, Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from slostack.deploy.config import Secrets
from slostack.deploy.kubernetes.provider import provider
from slostack.deploy.operator.manifest import Manifest, metadata
from slostack.deploy.operator.secrets import secret_name
from slostack.settings import Settings


class OperatorObjects(pulumi.ComponentResource):
    """Rules, scrapes, probes, routes, dashboards and their Secrets, in a namespace that is there already."""

    def __init__(
        self, name: str, objects: Sequence[Manifest], settings: Settings, secrets: Secrets, opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__("slostack:operator:Objects", name, None, opts)
        made = [_secret(server, settings, secrets, self) for server in sorted({secret.server for secret in secrets})]
        for each in objects:
            _registered(each, pulumi.ResourceOptions(parent=self, depends_on=made))
        self.register_outputs({})


def deploy_objects(objects: Sequence[Manifest], settings: Settings, secrets: Secrets) -> None:
    """Registers the objects and the Secrets that they refer to."""
    OperatorObjects("slostack", objects, settings, secrets, pulumi.ResourceOptions(provider=provider(settings)))


def _secret(server: str, settings: Settings, secrets: Secrets, parent: pulumi.Resource) -> Secret:
    return Secret(
        secret_name(server),
        metadata=ObjectMetaArgs(**metadata(secret_name(server), settings, {})),
        type="Opaque",
        string_data={secret.file: value for secret, value in secrets.items() if secret.server == server},
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _registered(each: Manifest, opts: pulumi.ResourceOptions) -> None:
    name = each["metadata"]["name"]
    if each["kind"] == "ConfigMap":
        ConfigMap(name, metadata=ObjectMetaArgs(**each["metadata"]), data=each["data"], opts=opts)
    else:
        CustomResource(
            f"{each['kind']}/{name}",
            api_version=each["apiVersion"],
            kind=each["kind"],
            metadata=ObjectMetaArgs(**each["metadata"]),
            spec=each["spec"],
            opts=opts,
        )
