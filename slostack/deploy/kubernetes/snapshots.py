"""Snapshots of the volumes that keep data: once a day, by the cluster's own storage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs

from slostack.deploy.kubernetes.jobs import TEMPORARY, daily, step
from slostack.deploy.kubernetes.labels import STACK, stack_labels
from slostack.deploy.kubernetes.server import Owner, ServerArgs, may_in, network_policy, service_account
from slostack.settings import Settings, Snapshots

SNAPSHOTS = "snapshots"
_GROUP, _RESOURCE = "snapshot.storage.k8s.io", "volumesnapshots"
_HOURS = 3
"""How long the storage may take: the first snapshot of a large volume is a copy of all of it."""
_SECONDS = _HOURS * 3600 + 1800
"""How long all of it may take."""
_REACH = 14
"""How many days further back than it keeps them it looks for some, after days on which none could be taken."""
_VERBS = ("create", "delete", "get", "list", "patch", "watch")
_INDEX, _READY = f"{STACK}/index", f"{STACK}/ready"
_NEW, _OLD = f"{TEMPORARY}/new.yaml", f"{TEMPORARY}/old.yaml"
_SCRIPT = f"""set -eu
shift "$JOB_COMPLETION_INDEX"
day=$(($(date +%s) / 86400))
manifest() {{
  cat <<END
---
apiVersion: {_GROUP}/v1
kind: VolumeSnapshot
metadata:
  name: $1-$(date -u -d "@$(($2 * 86400))" +%Y%m%d)
  labels: {{{_INDEX}: "$JOB_COMPLETION_INDEX", $LABELS}}
spec:
  $CLASS
  source: {{persistentVolumeClaimName: $1}}
END
}}
manifest "$1" "$day" > {_NEW}
for age in $(seq "$KEEP" $((KEEP + {_REACH}))); do manifest "$1" $((day - age)); done > {_OLD}
"""
"""Writes manifests for one of the claims: today's, and those of days that are no longer kept."""
_STEPS = {
    "taken": ("apply", "--server-side", f"--field-manager={STACK}", "--validate=ignore", f"-f={_NEW}"),
    "awaited": ("wait", "--for=jsonpath={.status.readyToUse}=true", f"--timeout={_HOURS}h", f"-f={_NEW}"),
    "ready": ("label", f"{_READY}=true", "--overwrite", f"-f={_NEW}"),
    "failed": ("delete", f"{_RESOURCE}.{_GROUP}", f"-l={_INDEX}=$(JOB_COMPLETION_INDEX),!{_READY}", "--wait=false"),
    "deleted": ("delete", "--ignore-not-found", "--timeout=10m", f"-f={_OLD}"),
}
"""What kubectl does in turn, a container each, as its image has no shell: the first that fails is the last."""


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
    """A CronJob that has the cluster's storage take a snapshot of each volume, and deletes the oldest one once the new
    one is ready. Each volume has a pod of its own, so that one that fails keeps no other from it. They may do that in
    the stack's namespace, and nothing else; they see nothing of what the volumes hold."""

    def __init__(self, name: str, args: SnapshotsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:Snapshotter", name, None, opts)
        owner = Owner(self, SNAPSHOTS, name, args.server)
        shell = step(
            owner, "manifests", args.shell, ("/bin/sh", "-c", _SCRIPT, SNAPSHOTS, *args.claims), _variables(args)
        )
        kubectl = ("/bin/kubectl", f"--cache-dir={TEMPORARY}/cache")
        *before, last = (step(owner, each, args.server.image, (*kubectl, *does)) for each, does in _STEPS.items())
        daily(owner, args.snapshots.at, _SECONDS, [last], first=[shell, *before], token=True, pods=len(args.claims))
        may = PolicyRuleArgs(api_groups=[_GROUP], resources=[_RESOURCE], verbs=list(_VERBS))
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
