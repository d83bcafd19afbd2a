"""The ways to deliver a stack, by the setting `delivery`. Each gives what the stack tells about itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slostack import checks
from slostack.bundle import Bundle
from slostack.deploy.config import Secrets
from slostack.deploy.outputs import outputs
from slostack.settings import Settings
from slostack.stack import make_bundle


def deliver(root: Path, settings: Settings, secrets: Secrets) -> dict[str, Any]:
    """Delivers the project at `root` as its settings say; its outputs by name.

    Raises SlostackError, before anything is registered, where the project or what is rendered from it is wrong.
    """
    return _DELIVERIES[settings.delivery](root, settings, secrets)


def _local(root: Path, settings: Settings, _secrets: Secrets) -> dict[str, Any]:
    from slostack.deploy.local.pulumi_resource import LocalStackResource, complete_topology

    bundle = make_bundle(root, settings, complete_topology(root, settings))
    found = outputs(settings, bundle)
    return {**found, "versions": LocalStackResource("local", root, settings, bundle).versions}


def _kubernetes(root: Path, settings: Settings, secrets: Secrets) -> dict[str, Any]:
    from slostack.deploy.kubernetes import check_context, check_namespaces, deploy
    from slostack.servers import versions

    check_context(settings)
    check_namespaces(settings)
    bundle = _checked_bundle(root, settings)
    found = outputs(settings, bundle)
    deploy(bundle, settings, secrets)
    return {**found, "versions": {name: pin.version for name, pin in versions().items()}}


def _operator(root: Path, settings: Settings, secrets: Secrets) -> dict[str, Any]:
    from slostack.deploy.kubernetes import check_context
    from slostack.deploy.operator import deploy_objects, operator_objects

    check_context(settings)
    bundle = _checked_bundle(root, settings)
    found = outputs(settings, bundle)
    deploy_objects(operator_objects(root, bundle, settings), settings, secrets)
    return found


def _files(root: Path, settings: Settings, _secrets: Secrets) -> dict[str, Any]:
    from slostack.deploy.files import deliver_files

    bundle = _checked_bundle(root, settings)
    found = outputs(settings, bundle)
    return {**found, "folder": deliver_files(root, bundle, settings)}


def _checked_bundle(root: Path, settings: Settings) -> Bundle:
    """The bundle of a stack in a cluster, as the servers' own tools accept it."""
    from slostack.deploy.kubernetes import kubernetes_topology

    bundle = make_bundle(root, settings, kubernetes_topology(settings))
    checks.check_bundle(bundle)
    return bundle


_DELIVERIES = {"local": _local, "kubernetes": _kubernetes, "operator": _operator, "files": _files}
