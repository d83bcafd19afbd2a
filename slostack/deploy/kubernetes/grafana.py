"""Grafana: looks for changed dashboards by itself, and is restarted when anything else of its config or a secret
changes."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import (
    EmptyDirVolumeSourceArgs,
    PersistentVolumeClaim,
    PersistentVolumeClaimVolumeSourceArgs,
    VolumeArgs,
)

from slostack.deploy.kubernetes.availability import disruption_budget
from slostack.deploy.kubernetes.exposure import expose
from slostack.deploy.kubernetes.files import checksum
from slostack.deploy.kubernetes.mounts import Mounted, mounts
from slostack.deploy.kubernetes.pod import Process
from slostack.deploy.kubernetes.server import (
    DONT_WAIT,
    Owner,
    ServerArgs,
    network_policy,
    secrets_checksum,
    service,
    service_account,
)
from slostack.deploy.kubernetes.stateful import DATA, claim, data_mount
from slostack.deploy.kubernetes.stateless import deployment

_USER = 472


@dataclass(frozen=True)
class GrafanaArgs:
    """Grafana's arguments; without `storage` its database is elsewhere, and it may have replicas."""

    server: ServerArgs


class Grafana(pulumi.ComponentResource):
    """Grafana with its config, dashboards, volume (users and preferences), Service and the way in from outside."""

    def __init__(self, name: str, args: GrafanaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:Grafana", name, None, opts)
        owner = Owner(self, "grafana", name, args.server)
        process = Process(
            arguments=(),  # the image's own start passes its config file
            ready="/api/health",
            alive="/healthz",  # /api/health fails with the database, which a restart doesn't mend
            user=_USER,
            start=300,  # the database is migrated first
            stop=60,
        )
        mounted = [*mounts(owner), _data(owner)]
        own_database = args.server.storage is not None  # SQLite, which takes one process at a time
        secrets = secrets_checksum(owner, args.server.secrets)
        deployment(owner, process, mounted, checksum(args.server.folders), secrets=secrets, share=not own_database)
        service(owner)
        disruption_budget(owner)
        if exposure := args.server.cluster.exposure:
            expose(owner, exposure)
        network_policy(owner)
        service_account(owner)
        self.register_outputs({"address": args.server.place.addresses[0]})


def _data(owner: Owner) -> Mounted:
    """What Grafana writes: a volume with its SQLite database, or scratch space where it has a database elsewhere."""
    if not owner.args.storage:
        scratch = EmptyDirVolumeSourceArgs(size_limit="1Gi")
        return Mounted(data_mount(owner), VolumeArgs(name=DATA, empty_dir=scratch))
    kept = pulumi.ResourceOptions(parent=owner.component, retain_on_delete=True, protect=owner.args.cluster.protect)
    # Pulumi would wait for a claim that is bound already to become so; the pod waits for it anyway.
    metadata = owner.metadata(DATA, annotations=DONT_WAIT)
    PersistentVolumeClaim(owner.child(DATA), metadata=metadata, spec=claim(owner), opts=kept)
    source = PersistentVolumeClaimVolumeSourceArgs(claim_name=f"{owner.server}-{DATA}")
    return Mounted(data_mount(owner), VolumeArgs(name=DATA, persistent_volume_claim=source))
