"""kube-state-metrics: what the cluster's API says of workloads, pods and nodes, as metrics."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs

from slostack.config.topology import split
from slostack.deploy.kubernetes.files import checksum
from slostack.deploy.kubernetes.mounts import mounts
from slostack.deploy.kubernetes.pod import Process
from slostack.deploy.kubernetes.server import Owner, ServerArgs, may, network_policy, service_account
from slostack.deploy.kubernetes.stateless import deployment

EXPORTED = {
    "": ("nodes", "persistentvolumeclaims", "pods"),
    "apps": ("daemonsets", "deployments", "statefulsets"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("cronjobs", "jobs"),
}
"""The resources that are exported, by API group: what explains why a service is short of pods or of room."""
_USER = 65534
_TELEMETRY_PORT = 8081


@dataclass(frozen=True)
class KubeStateMetricsArgs:
    """kube-state-metrics' arguments."""

    server: ServerArgs


class KubeStateMetrics(pulumi.ComponentResource):
    """kube-state-metrics, which may list what it exports and nothing else."""

    def __init__(self, name: str, args: KubeStateMetricsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:KubeStateMetrics", name, None, opts)
        owner = Owner(self, "kube-state-metrics", name, args.server)
        resources = sorted(resource for group in EXPORTED.values() for resource in group)
        process = Process(
            arguments=(
                f"--port={split(args.server.place.listen)[1]}",
                f"--telemetry-port={_TELEMETRY_PORT}",
                f"--resources={','.join(resources)}",
            ),
            ready="/healthz",
            alive="/healthz",  # /livez asks the API server, whose outage a restart doesn't end
            user=_USER,
            start=60,
            stop=30,
            token=True,
        )
        may(owner, [_reads(group, resources) for group, resources in EXPORTED.items()])
        deployment(owner, process, mounts(owner), checksum(args.server.folders))
        network_policy(owner)
        service_account(owner)
        self.register_outputs({})


def _reads(group: str, resources: tuple[str, ...]) -> PolicyRuleArgs:
    return PolicyRuleArgs(api_groups=[group], resources=list(resources), verbs=["list", "watch"])
