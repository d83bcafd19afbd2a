"""Snapshots of the volumes that keep data: once a day, by the cluster's own storage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.batch.v1 import CronJob, CronJobSpecArgs, JobSpecArgs, JobTemplateSpecArgs
from pulumi_kubernetes.core.v1 import (
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
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs

from slostack.deploy.kubernetes.labels import stack_labels
from slostack.deploy.kubernetes.pod import LINUX, restricted_container, restricted_pod
from slostack.deploy.kubernetes.server import Owner, ServerArgs, may_in, network_policy, service_account
from slostack.settings import Settings, Snapshots

SNAPSHOTS = "snapshots"
_GROUP = "snapshot.storage.k8s.io"
_USER = 65534
_MANIFESTS = "/tmp"
_SECONDS = 1800
"""How long all of them may take."""
_SCRIPT = f"""set -eu
slot=$(($(date +%s) / 86400 % $KEEP))
for claim in "$@"; do
  cat > "{_MANIFESTS}/$claim.yaml" <<END
apiVersion: {_GROUP}/v1
kind: VolumeSnapshot
metadata:
  name: $claim-$slot
  labels: {{$LABELS}}
spec:
  $CLASS
  source: {{persistentVolumeClaimName: $claim}}
END
done
"""
"""Writes a manifest for each claim, in a slot that comes again after so many days."""


@dataclass(frozen=True)
class SnapshotsArgs:
    """The snapshots' arguments: `server` says how its pods run, with kubectl's image; `shell` is an image with a shell;
    `claims` are the names of the volumes' claims."""

    server: ServerArgs
    shell: str
    claims: tuple[str, ...]
    snapshots: Snapshots


def claims_of(settings: Settings) -> Iterator[str]:
    """The claims of the volumes whose data are nowhere else: in no object storage and in no database."""
    if not settings.thanos.enabled:
        yield from (f"data-prometheus-{number}" for number in range(settings.prometheus.replicas))
    yield from (f"data-alertmanager-{number}" for number in range(settings.alertmanager.replicas))
    if not settings.loki.bucket:
        yield "data-loki-0"
    if not settings.grafana.database:
        yield "grafana-data"


class Snapshotter(pulumi.ComponentResource):
    """A CronJob that has the cluster's storage take a snapshot of each volume, in the place of the oldest one. It may
    do that in the stack's namespace, and nothing else; it sees nothing of what the volumes hold."""

    def __init__(self, name: str, args: SnapshotsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:Snapshotter", name, None, opts)
        owner = Owner(self, SNAPSHOTS, name, args.server)
        hour, minute = map(int, args.snapshots.at.split(":"))
        CronJob(
            owner.child(),
            metadata=owner.metadata(),
            spec=CronJobSpecArgs(
                schedule=f"{minute} {hour} * * *",
                time_zone="Etc/UTC",
                concurrency_policy="Forbid",
                starting_deadline_seconds=_SECONDS,
                successful_jobs_history_limit=1,
                failed_jobs_history_limit=1,
                job_template=JobTemplateSpecArgs(
                    metadata=ObjectMetaArgs(labels=owner.labels),
                    spec=JobSpecArgs(
                        active_deadline_seconds=_SECONDS, backoff_limit=2, template=_pod_template(owner, args)
                    ),
                ),
            ),
            opts=owner.opts,
        )
        may = PolicyRuleArgs(api_groups=[_GROUP], resources=["volumesnapshots"], verbs=["create", "delete", "get"])
        may_in(owner, args.server.cluster.namespace, args.server.namespace, [may])
        network_policy(owner)
        service_account(owner)
        self.register_outputs({})


def _pod_template(owner: Owner, args: SnapshotsArgs) -> PodTemplateSpecArgs:
    cluster, chosen = owner.args.cluster, args.snapshots.snapshot_class
    labels = {**cluster.labels, **stack_labels(), "app.kubernetes.io/name": SNAPSHOTS}
    environment = {
        "KEEP": str(args.snapshots.keep),
        "LABELS": ", ".join(f'{key}: "{value}"' for key, value in labels.items()),
        "CLASS": f"volumeSnapshotClassName: {chosen}" if chosen else "",
    }
    shell = ("/bin/sh", "-c", _SCRIPT, "snapshots")
    replace = ("replace", "--force", "--validate=ignore", f"--cache-dir={_MANIFESTS}/cache", f"--filename={_MANIFESTS}")
    return PodTemplateSpecArgs(
        metadata=ObjectMetaArgs(labels=owner.labels),
        spec=PodSpecArgs(
            restart_policy="Never",
            service_account_name=owner.server,
            automount_service_account_token=True,
            node_selector={**LINUX, **cluster.node_selector},
            image_pull_secrets=[LocalObjectReferenceArgs(name=name) for name in cluster.images.pull_secrets] or None,
            enable_service_links=False,
            security_context=restricted_pod(_USER),
            init_containers=[_container(owner, "manifests", args.shell, (*shell, *args.claims), environment)],
            containers=[_container(owner, SNAPSHOTS, owner.args.image, ("/bin/kubectl", *replace), {})],
            volumes=[VolumeArgs(name="tmp", empty_dir=EmptyDirVolumeSourceArgs(size_limit="64Mi"))],
        ),
    )


def _container(
    owner: Owner, name: str, image: str, command: tuple[str, ...], environment: dict[str, str]
) -> ContainerArgs:
    resources = owner.args.resources
    return ContainerArgs(
        name=name,
        image=image,
        command=list(command),
        env=[EnvVarArgs(name=variable, value=value) for variable, value in environment.items()] or None,
        resources=ResourceRequirementsArgs(
            requests={"cpu": resources.cpu, "memory": resources.memory},
            limits={"cpu": resources.cpu_limit, "memory": resources.memory},
        ),
        security_context=restricted_container(),
        volume_mounts=[VolumeMountArgs(name="tmp", mount_path=_MANIFESTS)],
    )
