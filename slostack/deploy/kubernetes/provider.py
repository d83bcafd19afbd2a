"""The one Pulumi provider of a cluster."""

from __future__ import annotations

from pulumi_kubernetes import Provider

from slostack.settings import Settings


def provider(settings: Settings) -> Provider:
    """The provider. Its context is pinned; ConfigMaps and Secrets are edited in place, never replaced. What is there
    already is taken over: what a `destroy` kept, and what an interrupted `up` made but could not note. So a resource
    that gets another logical name needs an alias: without one, it is taken over and then deleted by its old name."""
    return Provider(
        "kubernetes",
        context=settings.kubernetes.context,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        upsert_existing_objects=True,
    )
