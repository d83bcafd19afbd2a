"""What the servers' components have in common: their arguments, and the names and labels of their children."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi_kubernetes.core.v1 import Secret, Service, ServiceAccount, ServicePortArgs, ServiceSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.rbac.v1 import (
    ClusterRole,
    ClusterRoleBinding,
    PolicyRuleArgs,
    Role,
    RoleBinding,
    RoleRefArgs,
    SubjectArgs,
)

from slostack.config import Place
from slostack.deploy.kubernetes.files import Folder
from slostack.deploy.kubernetes.labels import STACK, selector, server_labels
from slostack.deploy.kubernetes.network import Flow, allow_flows
from slostack.deploy.kubernetes.topology import PORTS, SHARED, program
from slostack.settings import KubernetesSettings, Resources

DONT_WAIT = {"pulumi.com/skipAwait": "true"}
"""The annotation of an object that Pulumi is not to wait for."""
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class ServerArgs:
    """What every server's component is given.

    `folders` are its files of the bundle; `secrets` its secrets by the name of the file that it reads, `checksum_key`
    the random one that checksums of secrets are keyed by; `flows` the allowed traffic of the whole stack; `storage` the
    size of its volume, of servers that have one. `cluster` is what the stack's settings say of the cluster: placement,
    labels, images, protection. `identity` annotates its
    account, by which a cloud knows it, `pod_labels` are further ones of its pods.
    """

    namespace: pulumi.Input[str]
    image: str
    version: str
    place: Place
    folders: tuple[Folder, ...]
    secrets: Mapping[str, pulumi.Input[str]]
    checksum_key: pulumi.Input[str]
    flows: tuple[Flow, ...]
    resources: Resources
    cluster: KubernetesSettings
    replicas: int = 1
    storage: str | None = None
    identity: Mapping[str, str] | None = None
    pod_labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Owner:
    """A component as its children need it: `server` is the server's name, `name` what their names start with."""

    component: pulumi.ComponentResource
    server: str
    name: str
    args: ServerArgs

    @property
    def labels(self) -> dict[str, str]:
        """The labels of every child."""
        return {**self.args.cluster.labels, **server_labels(self.server, self.args.version)}

    @property
    def port(self) -> int:
        """The port that the server's Service offers."""
        return PORTS[program(self.server)]

    @property
    def opts(self) -> pulumi.ResourceOptions:
        """The options of every child."""
        return pulumi.ResourceOptions(parent=self.component)

    def child(self, suffix: str = "") -> str:
        """The logical name of a child."""
        return f"{self.name}-{suffix}" if suffix else self.name

    def metadata(self, suffix: str = "", annotations: Mapping[str, str] | None = None) -> ObjectMetaArgs:
        """The metadata of a child: its fixed name in the cluster, namespace and labels."""
        return ObjectMetaArgs(
            name=f"{self.server}-{suffix}" if suffix else self.server,
            namespace=self.args.namespace,
            labels=self.labels,
            annotations=annotations,
        )

    @property
    def cluster_name(self) -> str:
        """The name of its children in no namespace, or in one that others have objects in."""
        return f"{STACK}-{self.args.cluster.namespace}-{self.server}"


def service_account(owner: Owner) -> ServiceAccount:
    """The server's own account, as the cloud knows it; its pods get a token of it only where they say so."""
    metadata = owner.metadata(annotations=owner.args.identity)
    return ServiceAccount(owner.child(), metadata=metadata, automount_service_account_token=False, opts=owner.opts)


def may(owner: Owner, rules: Sequence[PolicyRuleArgs]) -> None:
    """Lets the server's account do in the whole cluster what the rules say, and nothing else."""
    metadata = ObjectMetaArgs(name=owner.cluster_name, labels=owner.labels)
    role = ClusterRole(owner.child(), metadata=metadata, rules=list(rules), opts=owner.opts)
    ClusterRoleBinding(
        owner.child(),
        metadata=metadata,
        role_ref=RoleRefArgs(api_group=_RBAC, kind="ClusterRole", name=owner.cluster_name),
        subjects=[_account(owner)],
        opts=pulumi.ResourceOptions(parent=owner.component, depends_on=[role]),
    )


def may_in(owner: Owner, suffix: str, namespace: pulumi.Input[str], rules: Sequence[PolicyRuleArgs]) -> None:
    """Lets the server's account do in one namespace, which need not be its own, what the rules say; `suffix` tells its
    role's logical name from those in other namespaces."""
    metadata = ObjectMetaArgs(name=owner.cluster_name, namespace=namespace, labels=owner.labels)
    name = owner.child(f"in-{suffix}")
    role = Role(name, metadata=metadata, rules=list(rules), opts=owner.opts)
    RoleBinding(
        name,
        metadata=metadata,
        role_ref=RoleRefArgs(api_group=_RBAC, kind="Role", name=owner.cluster_name),
        subjects=[_account(owner)],
        opts=pulumi.ResourceOptions(parent=owner.component, depends_on=[role]),
    )


def _account(owner: Owner) -> SubjectArgs:
    return SubjectArgs(kind="ServiceAccount", name=owner.server, namespace=owner.args.namespace)


def network_policy(owner: Owner) -> NetworkPolicy:
    """Allows the server the flows that it is part of."""
    return NetworkPolicy(
        owner.child(), metadata=owner.metadata(), spec=allow_flows(owner.server, owner.args.flows), opts=owner.opts
    )


def service(owner: Owner, *more: ServicePortArgs) -> Service:
    """The Service that leads to the server's ready pods, at the port of HTTP and at more."""
    spec = ServiceSpecArgs(selector=selector(owner.server), ports=[*_ports(owner), *more])
    return Service(owner.child(), metadata=owner.metadata(), spec=spec, opts=owner.opts)


def pod_names(owner: Owner) -> Service:
    """The headless Service that gives each pod of a StatefulSet a name of its own, from before it is ready."""
    spec = ServiceSpecArgs(
        selector=selector(owner.server), ports=_ports(owner), cluster_ip="None", publish_not_ready_addresses=True
    )
    return Service(owner.child(), metadata=owner.metadata(), spec=spec, opts=owner.opts)


def shared(owner: Owner, *, sticky: bool = True) -> Service:
    """The Service that leads to any ready replica; where these differ in what they saw (`sticky`), whoever asks is led
    to the same one as long as that is ready."""
    affinity = "ClientIP" if sticky else None
    spec = ServiceSpecArgs(selector=selector(owner.server), ports=_ports(owner), session_affinity=affinity)
    return Service(owner.child(SHARED), metadata=owner.metadata(SHARED), spec=spec, opts=owner.opts)


def _ports(owner: Owner) -> list[ServicePortArgs]:
    return [ServicePortArgs(name="http", port=owner.port, target_port="http", protocol="TCP")]


def secret(owner: Owner, suffix: str, files: Mapping[str, pulumi.Input[str]]) -> Secret:
    """A Secret whose keys are files that are read in the server's pod."""
    return Secret(
        owner.child(suffix),
        metadata=owner.metadata(suffix),
        type="Opaque",
        string_data={name: pulumi.Output.secret(value) for name, value in files.items()},
        opts=owner.opts,
    )


def secrets_checksum(owner: Owner, files: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
    """Changes whenever one of these secret files does: what a server that reads them once must restart for.

    It is keyed by a random secret: whoever may read pods, but no Secrets, can't try out by it what the files are. So it
    is no secret; as one it would hide all of the pods from previews.
    """

    values = pulumi.Output.all(owner.args.checksum_key, pulumi.Output.all(**files))
    return pulumi.Output.unsecret(values.apply(lambda key_and_files: _keyed_checksum(*key_and_files)))


def _keyed_checksum(key: str, files: Mapping[str, str]) -> str:
    text = "".join(f"{name}\0{value}\0" for name, value in sorted(files.items()))
    return hmac.new(key.encode(), text.encode(), "sha256").hexdigest()
