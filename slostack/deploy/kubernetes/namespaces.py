"""The stack's namespaces: its own, and one for what a namespace of restricted pods would not admit."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from slostack.deploy.kubernetes.labels import stack_labels
from slostack.deploy.kubernetes.network import deny_by_default
from slostack.deploy.kubernetes.taken import OWNER, this_stack
from slostack.deploy.kubernetes.topology import collectors, namespace_of
from slostack.settings import Settings

Homes = Mapping[str, pulumi.Input[str]]
"""Names of namespaces, each with the same name as it is known once the namespace exists."""


def namespaces(settings: Settings, opts: pulumi.ResourceOptions) -> Homes:
    """Registers the namespaces, with all traffic denied that nothing else allows.

    The stack's own outlives it, as the claims of the volumes do, which would go with it.
    """
    own = settings.kubernetes.namespace
    kept = pulumi.ResourceOptions(retain_on_delete=True, protect=settings.kubernetes.protect)
    homes = {own: _namespace("namespace", own, "restricted", settings, pulumi.ResourceOptions.merge(opts, kept))}
    deny_by_default(homes[own], settings.kubernetes, opts)
    if "node-exporter" in collectors(settings):
        nodes = namespace_of("node-exporter", own)
        homes[nodes] = _namespace("nodes", nodes, "privileged", settings, opts)
        deny_by_default(homes[nodes], settings.kubernetes, opts, prefix="nodes-")
    return homes


def _namespace(
    logical: str, name: str, level: str, settings: Settings, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """A namespace that admits pods of a Pod Security level."""
    labels = {
        **settings.kubernetes.labels,
        **stack_labels(),
        "pod-security.kubernetes.io/enforce": level,
        "pod-security.kubernetes.io/warn": level,
    }
    metadata = ObjectMetaArgs(name=name, labels=labels, annotations={OWNER: this_stack()})
    created = Namespace(logical, metadata=metadata, opts=opts)
    return created.metadata.name
