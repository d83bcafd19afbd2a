"""Network policies: nothing is allowed but the flows that exist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Literal

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
from slostack.settings import Dns, KubernetesSettings

_DNS_PORT = 53
_METADATA = ("169.254.169.254/32", "fd00:ec2::254/128", "fd20:ce::254/128")
"""Where clouds tell whoever asks from a machine of its credentials: of all by IPv4, of AWS and Google by IPv6."""


@dataclass(frozen=True)
class Addresses:
    """Whatever has an address within these CIDRs, but for the metadata of clouds."""

    cidrs: tuple[str, ...]


@dataclass(frozen=True)
class Pods:
    """A namespace's pods with these labels (key and value), without labels all of them; None is the namespace of the
    flow's other end."""

    namespace: str | None
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Either:
    """One of several, of which nothing tells which."""

    ends: tuple[Addresses | Pods, ...]


End = str | Addresses | Pods | Either
"""One end of a flow; a text is one of the stack's own servers."""
OUTSIDE = Addresses(("0.0.0.0/0", "::/0"))
"""Everything, for what has no address that the settings tell."""


@dataclass(frozen=True)
class Flow:
    """Traffic that is needed, from one end to a port (its number, its name or None for any) of another."""

    source: End
    target: End
    port: int | str | None
    protocol: Literal["TCP", "UDP"] = "TCP"


def deny_by_default(
    namespace: pulumi.Input[str], cluster: KubernetesSettings, opts: pulumi.ResourceOptions, prefix: str = ""
) -> None:
    """Denies a namespace's pods all traffic but the look-up of names; each server's own policy allows more.

    `prefix` begins the logical names, where there is more than one namespace.
    """

    def of_every_pod(name: str, **spec: Any) -> None:
        NetworkPolicy(
            f"{prefix}{name}",
            metadata=ObjectMetaArgs(name=name, namespace=namespace, labels={**cluster.labels, **stack_labels()}),
            spec=NetworkPolicySpecArgs(pod_selector=LabelSelectorArgs(), **spec),
            opts=opts,
        )

    of_every_pod("default-deny", policy_types=["Ingress", "Egress"])
    of_every_pod("allow-dns", policy_types=["Egress"], egress=list(_look_ups(cluster.dns)))


def _look_ups(dns: Dns) -> Iterator[NetworkPolicyEgressRuleArgs]:
    pods = Pods(dns.namespace, tuple(dns.labels.items()))
    yield NetworkPolicyEgressRuleArgs(to=_peers(pods), ports=_dns_ports(dns.port))
    if dns.addresses:
        yield NetworkPolicyEgressRuleArgs(to=_peers(Addresses(dns.addresses)), ports=_dns_ports(_DNS_PORT))


def _dns_ports(port: int) -> list[NetworkPolicyPortArgs]:
    return [NetworkPolicyPortArgs(port=port, protocol=protocol) for protocol in ("UDP", "TCP")]


def allow_flows(end: str | Pods, flows: Sequence[Flow]) -> NetworkPolicySpecArgs:
    """The policy of a server's pods, or of others in its namespace: what comes to them, and where they go."""
    labels = dict(end.labels) if isinstance(end, Pods) else selector(end)
    return NetworkPolicySpecArgs(
        pod_selector=LabelSelectorArgs(match_labels=labels),
        policy_types=["Ingress", "Egress"],
        ingress=[
            NetworkPolicyIngressRuleArgs(from_=_peers(flow.source), ports=_port(flow))
            for flow in flows
            if flow.target == end
        ]
        or None,
        egress=[
            NetworkPolicyEgressRuleArgs(to=_peers(flow.target), ports=_port(flow))
            for flow in flows
            if flow.source == end
        ]
        or None,
    )


def _peers(end: End) -> list[NetworkPolicyPeerArgs]:
    match end:
        case Addresses(cidrs):
            return [
                NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr=cidr, except_=metadata_within(cidr) or None))
                for cidr in cidrs
            ]
        case Pods(namespace, labels):
            its = LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": namespace}) if namespace else None
            pods = LabelSelectorArgs(match_labels=dict(labels)) if labels or not namespace else None
            return [NetworkPolicyPeerArgs(namespace_selector=its, pod_selector=pods)]
        case Either(ends):
            return [peer for each in ends for peer in _peers(each)]
        case server:
            return [NetworkPolicyPeerArgs(pod_selector=LabelSelectorArgs(match_labels=selector(server)))]


def metadata_within(cidr: str) -> list[str]:
    """The addresses of metadata among others of a CIDR; none where it is one of these alone, and so meant."""
    block = ip_network(cidr, strict=False)
    return [each for each in _METADATA if block != (found := ip_network(each)) and found.network_address in block]


def _port(flow: Flow) -> list[NetworkPolicyPortArgs]:
    return [NetworkPolicyPortArgs(port=flow.port, protocol=flow.protocol)]
