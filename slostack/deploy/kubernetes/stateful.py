"""A StatefulSet of pods with a volume each."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.apps.v1 import (
    StatefulSet,
    StatefulSetPersistentVolumeClaimRetentionPolicyArgs,
    StatefulSetSpecArgs,
)
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    PersistentVolumeClaimArgs,
    PersistentVolumeClaimSpecArgs,
    VolumeMountArgs,
    VolumeResourceRequirementsArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from slostack.deploy.kubernetes.labels import selector
from slostack.deploy.kubernetes.mounts import Mounted
from slostack.deploy.kubernetes.pod import Container, Process, pod_template, workload_options
from slostack.deploy.kubernetes.server import Owner

_KEPT = StatefulSetPersistentVolumeClaimRetentionPolicyArgs(when_deleted="Retain", when_scaled="Retain")
DATA = "data"
"""The name of the volume that keeps a server's data."""


def stateful_set(
    owner: Owner,
    process: Process,
    mounted: Sequence[Mounted],
    checksum: str | None = None,
    secrets: pulumi.Input[str] | None = None,
    beside: Sequence[Container] = (),
    first: Sequence[ContainerArgs] = (),
) -> StatefulSet:
    """The server's StatefulSet, whose pod has a data volume and what is mounted, and other containers beside and
    before; a checksum that changes, of config or `secrets`, rolls it.

    Kubernetes lets nobody edit its selector, serviceName, podManagementPolicy and volumeClaimTemplates: a change to
    one of them would replace it, with a gap. The first three are constants, edits of the last are ignored (a volume
    that exists is resized by its PersistentVolumeClaim, see docs/environments.md). Its claims are kept when it is
    deleted or scaled down.
    """
    return StatefulSet(
        owner.child(),
        metadata=owner.metadata(),
        spec=StatefulSetSpecArgs(
            replicas=owner.args.replicas,
            selector=LabelSelectorArgs(match_labels=selector(owner.server)),
            service_name=owner.server,
            pod_management_policy="Parallel",
            persistent_volume_claim_retention_policy=_KEPT,
            template=pod_template(
                owner, process, [*mounted, Mounted(data_mount(owner))], checksum, secrets, beside=beside, first=first
            ),
            volume_claim_templates=[
                PersistentVolumeClaimArgs(
                    metadata=ObjectMetaArgs(name=DATA, labels={**owner.args.cluster.labels, **selector(owner.server)}),
                    spec=claim(owner),
                )
            ],
        ),
        opts=pulumi.ResourceOptions.merge(
            workload_options(owner, process, [*mounted, *(each for other in beside for each in other.mounted)]),
            pulumi.ResourceOptions(ignore_changes=["spec.volumeClaimTemplates"], protect=owner.args.cluster.protect),
        ),
    )


def claim(owner: Owner) -> PersistentVolumeClaimSpecArgs:
    """The claim of the server's volume."""
    cluster = owner.args.cluster
    return PersistentVolumeClaimSpecArgs(
        access_modes=["ReadWriteOnce"],
        storage_class_name=cluster.storage_classes.get(owner.server, cluster.storage_class),
        resources=VolumeResourceRequirementsArgs(requests={"storage": owner.args.storage or ""}),
    )


def data_mount(owner: Owner) -> VolumeMountArgs:
    """Where the server's volume is mounted."""
    return VolumeMountArgs(name=DATA, mount_path=owner.args.place.data)
