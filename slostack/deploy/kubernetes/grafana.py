"""Grafana: looks for changed dashboards by itself, and is restarted when anything else of its config changes."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment, DeploymentSpecArgs, DeploymentStrategyArgs
from pulumi_kubernetes.core.v1 import PersistentVolumeClaim, PersistentVolumeClaimVolumeSourceArgs, VolumeArgs
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs

from slostack.deploy.kubernetes.files import checksum
from slostack.deploy.kubernetes.labels import selector
from slostack.deploy.kubernetes.mounts import Mounted, mounts
from slostack.deploy.kubernetes.pod import Process, pod_template, workload_options
from slostack.deploy.kubernetes.server import Owner, ServerArgs, network_policy, service, service_account
from slostack.deploy.kubernetes.stateful import DATA, claim, data_mount

_USER = 472


@dataclass(frozen=True)
class GrafanaArgs:
    """Grafana's arguments."""

    server: ServerArgs


class Grafana(pulumi.ComponentResource):
    """Grafana with its config, dashboards, volume (users and preferences) and Service."""

    def __init__(self, name: str, args: GrafanaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:Grafana", name, None, opts)
        owner = Owner(self, "grafana", name, args.server)
        process = Process(
            arguments=(),  # the image's own start passes its config file
            ready="/api/health",
            alive="/api/health",
            user=_USER,
            start=300,  # the database is migrated first
            stop=60,
        )
        mounted = [*mounts(owner), _data(owner)]
        Deployment(
            owner.child(),
            metadata=owner.metadata(),
            spec=DeploymentSpecArgs(
                replicas=1,
                selector=LabelSelectorArgs(match_labels=selector(owner.server)),
                strategy=DeploymentStrategyArgs(type="Recreate"),  # two pods can't share its SQLite database
                template=pod_template(owner, process, mounted, checksum(args.server.folders)),
            ),
            opts=workload_options(owner, process, mounted),
        )
        service(owner, headless=False)
        network_policy(owner)
        service_account(owner)
        self.register_outputs({"address": args.server.place.addresses[0]})


def _data(owner: Owner) -> Mounted:
    PersistentVolumeClaim(owner.child(DATA), metadata=owner.metadata(DATA), spec=claim(owner), opts=owner.opts)
    source = PersistentVolumeClaimVolumeSourceArgs(claim_name=f"{owner.server}-{DATA}")
    return Mounted(data_mount(owner), VolumeArgs(name=DATA, persistent_volume_claim=source))
