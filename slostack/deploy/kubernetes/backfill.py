"""The backfill in the cluster: once a day, new SLOs get the past that a Prometheus has raw series of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    PersistentVolumeClaimVolumeSourceArgs,
    PodAffinityArgs,
    PodAffinityTermArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs

from slostack import names
from slostack.deploy.kubernetes.jobs import daily, step
from slostack.deploy.kubernetes.mounts import Mounted
from slostack.deploy.kubernetes.server import Owner, ServerArgs, network_policy, service_account
from slostack.deploy.kubernetes.stateful import DATA

BACKFILL = "backfill"
PROJECT = "/project"
"""Where the image has the project."""
_SECONDS = 6 * 3600


def backfills(replicas: int) -> tuple[str, ...]:
    """The name of the backfill into each replica of Prometheus."""
    return tuple(f"{BACKFILL}-{number}" for number in range(replicas))


@dataclass(frozen=True)
class BackfillArgs:
    """The backfill's arguments: `server` says how its pods run; `addresses` and `data` are where each Prometheus
    answers, and where it has its data; it begins at a time of day (UTC). `query` is where raw series are read in its
    place: the address of Thanos' query, and the name of the cluster whose series are wanted, if it has one."""

    server: ServerArgs
    addresses: Sequence[str]
    data: str
    at: str
    query: tuple[str, str | None] | None = None


class Backfill(pulumi.ComponentResource):
    """A CronJob for each Prometheus, whose pod runs on that one's node, as they share a volume. It asks Prometheus, and
    Thanos' query where there is one, and has no right in the cluster."""

    def __init__(self, name: str, args: BackfillArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:Backfill", name, None, opts)
        for number, server in enumerate(backfills(len(args.addresses))):
            owner = Owner(self, server, server, args.server)
            claim = PersistentVolumeClaimVolumeSourceArgs(claim_name=f"{DATA}-prometheus-{number}")
            data = Mounted(
                VolumeMountArgs(name=DATA, mount_path=args.data), VolumeArgs(name=DATA, persistent_volume_claim=claim)
            )
            url = f"http://{args.addresses[number]}"
            filled = (f"--prometheus={url}", f"--data={args.data}")
            command = ("slostack", f"--root={PROJECT}", "backfill", *filled, *_reads(args))
            container = step(owner, BACKFILL, args.server.image, command, mounted=[data])
            daily(owner, args.at, _SECONDS, [container], mounted=[data], affinity=_beside(f"prometheus-{number}"))
            network_policy(owner)
            service_account(owner)
        self.register_outputs({})


def _reads(args: BackfillArgs) -> Iterator[str]:
    if args.query:
        address, cluster = args.query
        yield f"--from=http://{address}"
        if cluster:
            yield f"--only={names.CLUSTER}={cluster}"


def _beside(pod: str) -> AffinityArgs:
    """On the node of a StatefulSet's pod: its volume can be on no other."""
    labels = LabelSelectorArgs(match_labels={"statefulset.kubernetes.io/pod-name": pod})
    term = PodAffinityTermArgs(label_selector=labels, topology_key="kubernetes.io/hostname")
    return AffinityArgs(pod_affinity=PodAffinityArgs(required_during_scheduling_ignored_during_execution=[term]))
