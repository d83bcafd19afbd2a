"""What keeps a server's replicas from being away together."""

from __future__ import annotations

from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    PodAffinityTermArgs,
    PodAntiAffinityArgs,
    TopologySpreadConstraintArgs,
    WeightedPodAffinityTermArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget, PodDisruptionBudgetSpecArgs

from slostack.deploy.kubernetes.labels import selector
from slostack.deploy.kubernetes.server import Owner
from slostack.deploy.kubernetes.topology import STATEFUL

_NODE = "kubernetes.io/hostname"
_ZONE = "topology.kubernetes.io/zone"


def disruption_budget(owner: Owner) -> None:
    """Lets a drain of nodes take one replica at a time. A single one has none, which would forbid to drain its node."""
    if owner.args.replicas > 1:
        spec = PodDisruptionBudgetSpecArgs(max_unavailable=1, selector=_pods(owner))
        PodDisruptionBudget(owner.child(), metadata=owner.metadata(), spec=spec, opts=owner.opts)


def node_apart(owner: Owner) -> AffinityArgs | None:
    """Keeps replicas on nodes of their own: those with data of their own wait for one, to which their volume may then
    bind them; others, of which the next is ready before the last goes, would rather share one."""
    if owner.args.replicas == 1:
        return None
    apart = PodAffinityTermArgs(topology_key=_NODE, label_selector=_pods(owner))
    preferred = WeightedPodAffinityTermArgs(weight=100, pod_affinity_term=apart)
    anti = (
        PodAntiAffinityArgs(required_during_scheduling_ignored_during_execution=[apart])
        if owner.server in STATEFUL
        else PodAntiAffinityArgs(preferred_during_scheduling_ignored_during_execution=[preferred])
    )
    return AffinityArgs(pod_anti_affinity=anti)


def zones_apart(owner: Owner) -> list[TopologySpreadConstraintArgs] | None:
    """Spreads replicas over the cluster's zones as evenly as may be."""
    if owner.args.replicas == 1:
        return None
    zones = TopologySpreadConstraintArgs(
        topology_key=_ZONE, max_skew=1, when_unsatisfiable="ScheduleAnyway", label_selector=_pods(owner)
    )
    return [zones]


def _pods(owner: Owner) -> LabelSelectorArgs:
    return LabelSelectorArgs(match_labels=selector(owner.server))
