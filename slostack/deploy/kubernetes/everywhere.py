"""A DaemonSet: a pod on every node, whatever the node is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pulumi_kubernetes.apps.v1 import (
    DaemonSet,
    DaemonSetSpecArgs,
    DaemonSetUpdateStrategyArgs,
    RollingUpdateDaemonSetArgs,
)
from pulumi_kubernetes.core.v1 import TolerationArgs
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs

from slostack.deploy.kubernetes.labels import selector
from slostack.deploy.kubernetes.mounts import Mounted
from slostack.deploy.kubernetes.pod import Process, pod_template, workload_options
from slostack.deploy.kubernetes.server import Owner


def daemon_set(owner: Owner, process: Process, mounted: Sequence[Mounted], checksum: str | None = None) -> DaemonSet:
    """The server's DaemonSet, a tenth of whose pods may be away while it is rolled; a checksum that changes rolls it.

    The settings' node selector says where servers run, not which nodes are watched: it is not for these.
    """
    cluster = owner.args.cluster.model_copy(update={"node_selector": {}})
    placed = replace(owner, args=replace(owner.args, cluster=cluster))
    return DaemonSet(
        owner.child(),
        metadata=owner.metadata(),
        spec=DaemonSetSpecArgs(
            selector=LabelSelectorArgs(match_labels=selector(owner.server)),
            update_strategy=DaemonSetUpdateStrategyArgs(
                type="RollingUpdate", rolling_update=RollingUpdateDaemonSetArgs(max_unavailable="10%")
            ),
            template=pod_template(placed, process, mounted, checksum, tolerations=[TolerationArgs(operator="Exists")]),
        ),
        opts=workload_options(owner, process, mounted),
    )
