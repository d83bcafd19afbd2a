"""Network policies: nothing is allowed but the flows that exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import (
    IPBlockArgs,
    NetworkPolicy,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)

from slostack.deploy.kubernetes.labels import selector, stack_labels

OUTSIDE = "outside"
"""Stands in a flow for everything beyond the namespace."""


@dataclass(frozen=True, order=True)
class Flow:
    """TCP traffic that is needed: from a server to a port of another one, or of something OUTSIDE."""

    source: str
    target: str
    port: int


def deny_by_default(namespace: pulumi.Input[str], opts: pulumi.ResourceOptions) -> None:
    """Denies a namespace's pods all traffic but the look-up of names; each server's own policy allows more."""
    NetworkPolicy(
        "default-deny",
        metadata=ObjectMetaArgs(name="default-deny", namespace=namespace, labels=stack_labels()),
        spec=NetworkPolicySpecArgs(pod_selector=LabelSelectorArgs(), policy_types=["Ingress", "Egress"]),
        opts=opts,
    )
    NetworkPolicy(
        "allow-dns",
        metadata=ObjectMetaArgs(name="allow-dns", namespace=namespace, labels=stack_labels()),
        spec=NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(),
            policy_types=["Egress"],
            egress=[
                NetworkPolicyEgressRuleArgs(
                    to=[
                        NetworkPolicyPeerArgs(
                            namespace_selector=LabelSelectorArgs(
                                match_labels={"kubernetes.io/metadata.name": "kube-system"}
                            ),
                            pod_selector=LabelSelectorArgs(match_labels={"k8s-app": "kube-dns"}),
                        )
                    ],
                    ports=[NetworkPolicyPortArgs(port=53, protocol=protocol) for protocol in ("UDP", "TCP")],
                )
            ],
        ),
        opts=opts,
    )


def allow_flows(server: str, flows: Sequence[Flow]) -> NetworkPolicySpecArgs:
    """The policy of a server's pods: what comes to them, and where they go."""
    return NetworkPolicySpecArgs(
        pod_selector=LabelSelectorArgs(match_labels=selector(server)),
        policy_types=["Ingress", "Egress"],
        ingress=[
            NetworkPolicyIngressRuleArgs(from_=_peers(flow.source), ports=_port(flow))
            for flow in sorted(flows)
            if flow.target == server
        ],
        egress=[
            NetworkPolicyEgressRuleArgs(to=_peers(flow.target), ports=_port(flow))
            for flow in sorted(flows)
            if flow.source == server
        ],
    )


def _peers(end: str) -> list[NetworkPolicyPeerArgs]:
    if end == OUTSIDE:
        return [NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=cidr)) for cidr in ("0.0.0.0/0", "::/0")]
    return [NetworkPolicyPeerArgs(pod_selector=LabelSelectorArgs(match_labels=selector(end)))]


def _port(flow: Flow) -> list[NetworkPolicyPortArgs]:
    return [NetworkPolicyPortArgs(port=flow.port, protocol="TCP")]
