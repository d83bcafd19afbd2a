"""A Deployment: pods without names or volumes of their own."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.apps.v1 import (
    Deployment,
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
    RollingUpdateDeploymentArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs

from slostack.deploy.kubernetes.labels import selector
from slostack.deploy.kubernetes.mounts import Mounted
from slostack.deploy.kubernetes.pod import Process, pod_template, workload_options
from slostack.deploy.kubernetes.server import Owner

_ROLLING = DeploymentStrategyArgs(
    type="RollingUpdate", rolling_update=RollingUpdateDeploymentArgs(max_surge=1, max_unavailable=0)
)


def deployment(
    owner: Owner,
    process: Process,
    mounted: Sequence[Mounted],
    checksum: str,
    *,
    secrets: pulumi.Input[str] | None = None,
    share: bool = True,
) -> Deployment:
    """The server's Deployment, whose next pod is ready before the last one goes, unless they can't share what they
    write to; a checksum that changes, of config or `secrets`, rolls it."""
    return Deployment(
        owner.child(),
        metadata=owner.metadata(),
        spec=DeploymentSpecArgs(
            replicas=owner.args.replicas,
            selector=LabelSelectorArgs(match_labels=selector(owner.server)),
            strategy=_ROLLING if share else DeploymentStrategyArgs(type="Recreate"),
            template=pod_template(owner, process, mounted, checksum, secrets),
        ),
        opts=workload_options(owner, process, mounted),
    )
