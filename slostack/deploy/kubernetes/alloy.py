"""Alloy: reads the logs of the pods on its node by the cluster's API, cleans them and sends them to Loki."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import EmptyDirVolumeSourceArgs, VolumeArgs
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs

from slostack.config import NODE_NAME
from slostack.deploy.kubernetes.everywhere import daemon_set
from slostack.deploy.kubernetes.files import checksum
from slostack.deploy.kubernetes.mounts import Mounted, mounts
from slostack.deploy.kubernetes.pod import Process
from slostack.deploy.kubernetes.server import Owner, ServerArgs, may, may_in, network_policy, service_account
from slostack.deploy.kubernetes.stateful import DATA, data_mount

_USER = 473


@dataclass(frozen=True)
class AlloyArgs:
    """Alloy's arguments; it reads the pods' logs of these namespaces, or of all."""

    server: ServerArgs
    namespaces: tuple[str, ...]


class Alloy(pulumi.ComponentResource):
    """Alloy on every node, with its config; how far it has read is kept as long as its pod is."""

    def __init__(self, name: str, args: AlloyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:Alloy", name, None, opts)
        owner = Owner(self, "alloy", name, args.server)
        place = args.server.place
        process = Process(
            arguments=(
                "run",
                f"{place.config}/config.alloy",
                f"--storage.path={place.data}",
                f"--server.http.listen-addr={place.listen}",
                "--disable-reporting",
            ),
            ready="/-/ready",
            alive="/-/ready",  # /-/healthy is about its components, Loki's outage among them
            user=_USER,
            start=120,
            stop=60,
            pod_fields={NODE_NAME: "spec.nodeName"},
            token=True,
        )
        _may_read(owner, args.namespaces)
        daemon_set(owner, process, [*mounts(owner), _data(owner)], checksum(args.server.folders))
        network_policy(owner)
        service_account(owner)
        self.register_outputs({})


def _may_read(owner: Owner, namespaces: tuple[str, ...]) -> None:
    rules = [
        PolicyRuleArgs(api_groups=[""], resources=["pods"], verbs=["get", "list", "watch"]),
        PolicyRuleArgs(api_groups=[""], resources=["pods/log"], verbs=["get"]),
    ]
    for namespace in namespaces:
        may_in(owner, namespace, namespace, rules)
    if not namespaces:
        may(owner, rules)


def _data(owner: Owner) -> Mounted:
    scratch = EmptyDirVolumeSourceArgs(size_limit="256Mi")
    return Mounted(data_mount(owner), VolumeArgs(name=DATA, empty_dir=scratch))
