"""Snapshots of the volumes that keep data: once a day, by the cluster's own storage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs

from slostack.deploy.kubernetes.jobs import TEMPORARY, daily, step
from slostack.deploy.kubernetes.labels import stack_labels
from slostack.deploy.kubernetes.server import Owner, ServerArgs, may_in, network_policy, service_account
from slostack.settings import Settings, Snapshots

SNAPSHOTS = "snapshots"
_GROUP = "snapshot.storage.k8s.io"
_SECONDS = 1800
"""How long all of them may take."""
_SCRIPT = f"""set -eu
slot=$(($(date +%s) / 86400 % $KEEP))
for claim in "$@"; do
  cat > "{TEMPORARY}/$claim.yaml" <<END
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
        shell = step(
            owner, "manifests", args.shell, ("/bin/sh", "-c", _SCRIPT, SNAPSHOTS, *args.claims), _variables(args)
        )
        replace = ("replace", "--force", "--validate=ignore", f"--cache-dir={TEMPORARY}/cache", f"-f={TEMPORARY}")
        kubectl = step(owner, SNAPSHOTS, args.server.image, ("/bin/kubectl", *replace))
        daily(owner, args.snapshots.at, _SECONDS, [kubectl], first=[shell], token=True)
        may = PolicyRuleArgs(api_groups=[_GROUP], resources=["volumesnapshots"], verbs=["create", "delete", "get"])
        may_in(owner, args.server.cluster.namespace, args.server.namespace, [may])
        network_policy(owner)
        service_account(owner)
        self.register_outputs({})


def _variables(args: SnapshotsArgs) -> dict[str, str]:
    labels = {**args.server.cluster.labels, **stack_labels(), "app.kubernetes.io/name": SNAPSHOTS}
    chosen = args.snapshots.snapshot_class
    return {
        "KEEP": str(args.snapshots.keep),
        "LABELS": ", ".join(f'{key}: "{value}"' for key, value in labels.items()),
        "CLASS": f"volumeSnapshotClassName: {chosen}" if chosen else "",
    }
