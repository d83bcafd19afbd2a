"""A CronJob: something that is done once a day, and ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_kubernetes.batch.v1 import CronJob, CronJobSpecArgs, JobSpecArgs, JobTemplateSpecArgs
from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    ContainerArgs,
    EmptyDirVolumeSourceArgs,
    EnvVarArgs,
    LocalObjectReferenceArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ResourceRequirementsArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from slostack.deploy.kubernetes.mounts import Mounted
from slostack.deploy.kubernetes.pod import LINUX, restricted_container, restricted_pod
from slostack.deploy.kubernetes.server import Owner

TEMPORARY = "/tmp"
"""The folder that the containers of a pod share."""
_USER = 65534
_RETRIES = 2
_TEMPORARY = Mounted(
    VolumeMountArgs(name="tmp", mount_path=TEMPORARY),
    VolumeArgs(name="tmp", empty_dir=EmptyDirVolumeSourceArgs(size_limit="256Mi")),
)


def daily(
    owner: Owner,
    at: str,
    seconds: int,
    containers: Sequence[ContainerArgs],
    *,
    first: Sequence[ContainerArgs] = (),
    mounted: Sequence[Mounted] = (),
    affinity: AffinityArgs | None = None,
    token: bool = False,
    pods: int | None = None,
) -> CronJob:
    """The owner's CronJob: at a time of day (UTC) its containers do what they do, after those that come `first`, within
    so many seconds. What is `mounted` has to be in them too. With `pods` there are so many at a time, each with its
    JOB_COMPLETION_INDEX, and one that fails leaves the others alone."""
    cluster = owner.args.cluster
    hour, minute = map(int, at.split(":"))
    template = PodTemplateSpecArgs(
        metadata=ObjectMetaArgs(labels=owner.labels),
        spec=PodSpecArgs(
            restart_policy="Never",
            service_account_name=owner.server,
            automount_service_account_token=token,
            node_selector={**LINUX, **cluster.node_selector},
            affinity=affinity,
            image_pull_secrets=[LocalObjectReferenceArgs(name=name) for name in cluster.images.pull_secrets] or None,
            enable_service_links=False,
            security_context=restricted_pod(_USER, cluster),
            init_containers=list(first) or None,
            containers=list(containers),
            volumes=[each.volume for each in (_TEMPORARY, *mounted) if each.volume],
        ),
    )
    return CronJob(
        owner.child(),
        metadata=owner.metadata(),
        spec=CronJobSpecArgs(
            schedule=f"{minute} {hour} * * *",
            time_zone="Etc/UTC",
            concurrency_policy="Forbid",
            starting_deadline_seconds=seconds,
            successful_jobs_history_limit=1,
            failed_jobs_history_limit=1,
            job_template=JobTemplateSpecArgs(
                metadata=ObjectMetaArgs(labels=owner.labels),
                spec=JobSpecArgs(active_deadline_seconds=seconds, template=template, **_retried(pods)),
            ),
        ),
        opts=owner.opts,
    )


def _retried(pods: int | None) -> dict[str, Any]:
    if pods is None:
        return {"backoff_limit": _RETRIES}
    return {
        "completion_mode": "Indexed",
        "completions": pods,
        "parallelism": pods,
        "backoff_limit_per_index": _RETRIES,
    }


def step(
    owner: Owner,
    name: str,
    image: str,
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    mounted: Sequence[Mounted] = (),
) -> ContainerArgs:
    """A container that does something and ends, with the owner's resources; of `environment` none is a secret."""
    resources = owner.args.resources
    return ContainerArgs(
        name=name,
        image=image,
        command=list(command),
        env=[EnvVarArgs(name=variable, value=value) for variable, value in (environment or {}).items()] or None,
        resources=ResourceRequirementsArgs(
            requests={"cpu": resources.cpu, "memory": resources.memory},
            limits={"cpu": resources.cpu_limit, "memory": resources.memory},
        ),
        security_context=restricted_container(),
        volume_mounts=[each.mount for each in (_TEMPORARY, *mounted)],
    )
