"""A server's pod: restricted in what it may do, with probes, requests and limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi_kubernetes.core.v1 import (
    CapabilitiesArgs,
    ContainerArgs,
    ContainerPortArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    HTTPGetActionArgs,
    LocalObjectReferenceArgs,
    ObjectFieldSelectorArgs,
    PodSecurityContextArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    SeccompProfileArgs,
    SecurityContextArgs,
    TolerationArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from slostack.deploy.kubernetes.availability import node_apart, zones_apart
from slostack.deploy.kubernetes.mounts import Mounted
from slostack.deploy.kubernetes.server import Owner
from slostack.settings import KubernetesSettings, Resources

LINUX = {"kubernetes.io/os": "linux"}
"""What every image is for; a cluster may have other nodes beside."""
_SECCOMP = SeccompProfileArgs(type="RuntimeDefault")
_PLACING = 300
"""Seconds to find a node for a pod, attach its volume and pull its image."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a container runs: its arguments, and the paths that answer while it is ready and alive.

    `start` is the longest time in seconds until it is ready. `environment` are variables, of which none is a secret,
    `pod_fields` those that are filled from a field of the pod such as `metadata.name`; `ports` are those beside the
    one of HTTP.
    """

    arguments: Sequence[str]
    ready: str
    alive: str
    start: int
    environment: Mapping[str, str] = field(default_factory=dict)
    pod_fields: Mapping[str, str] = field(default_factory=dict)
    ports: Sequence[ContainerPortArgs] = ()


@dataclass(frozen=True, kw_only=True)
class Process(Run):
    """How a server runs, as the first container of its pods: with its user's id. `stop` is the longest time in seconds
    until it has ended; `token` says whether it talks to the cluster's API, for which its pods get a token."""

    user: int
    stop: int
    token: bool = False


@dataclass(frozen=True)
class Container:
    """A container of a server's pods: `port` is that of its HTTP. Those beside the server itself run as its user, and
    end with it."""

    name: str
    image: str
    port: int
    run: Run
    resources: Resources
    mounted: Sequence[Mounted]


def workload_options(owner: Owner, process: Process, mounted: Sequence[Mounted]) -> pulumi.ResourceOptions:
    """The options of the server's Deployment or StatefulSet.

    It comes after what its pods mount: a pod that starts first would read the files of before, for good where its
    server never reads them again. It is given the time that each pod in turn may take to end and the next one to be
    ready.
    """
    seconds = f"{owner.args.replicas * (process.stop + _PLACING + process.start)}s"
    return pulumi.ResourceOptions(
        parent=owner.component,
        depends_on=[each for mount in mounted for each in mount.objects],
        custom_timeouts=pulumi.CustomTimeouts(create=seconds, update=seconds),
    )


def pod_template(
    owner: Owner,
    process: Process,
    mounted: Sequence[Mounted],
    checksum: str | None = None,
    secrets: pulumi.Input[str] | None = None,
    tolerations: Sequence[TolerationArgs] = (),
    beside: Sequence[Container] = (),
    first: Sequence[ContainerArgs] = (),
) -> PodTemplateSpecArgs:
    """The template of the server's pods, whose containers start after those that come `first` have ended; a checksum
    that changes, of config or `secrets`, rolls them."""
    cluster = owner.args.cluster
    own = Container(owner.server, owner.args.image, owner.port, process, owner.args.resources, mounted)
    volumes = [mount.volume for each in (own, *beside) for mount in each.mounted if mount.volume]
    checksums = {"slostack/config-sha256": checksum, "slostack/secrets-hmac-sha256": secrets}
    return PodTemplateSpecArgs(
        metadata=ObjectMetaArgs(
            labels={**owner.labels, **owner.args.pod_labels},
            annotations={name: value for name, value in checksums.items() if value is not None} or None,
        ),
        spec=PodSpecArgs(
            service_account_name=owner.server,
            automount_service_account_token=process.token,
            node_selector={**LINUX, **cluster.node_selector},
            affinity=node_apart(owner),
            topology_spread_constraints=zones_apart(owner),
            tolerations=list(tolerations) or None,
            image_pull_secrets=[LocalObjectReferenceArgs(name=name) for name in cluster.images.pull_secrets] or None,
            enable_service_links=False,
            termination_grace_period_seconds=process.stop,
            security_context=restricted_pod(process.user, cluster),
            init_containers=list(first) or None,
            containers=[_container(own, "http"), *(_container(each, each.name) for each in beside)],
            volumes=volumes,
        ),
    )


def _container(container: Container, port: str) -> ContainerArgs:
    """A container; `port` is what its port of HTTP is called, which no other one of the pod may be."""
    run, resources = container.run, container.resources
    return ContainerArgs(
        name=container.name,
        image=container.image,
        args=list(run.arguments) or None,
        env=[*_values(run.environment), *_fields(run.pod_fields)] or None,
        ports=[ContainerPortArgs(name=port, container_port=container.port, protocol="TCP"), *run.ports],
        startup_probe=_probe(run.ready, port, period=5, failures=run.start // 5),
        readiness_probe=_probe(run.ready, port, period=10, failures=3),
        liveness_probe=_probe(run.alive, port, period=10, failures=6),
        resources=ResourceRequirementsArgs(
            requests={"cpu": resources.cpu, "memory": resources.memory},
            limits={"cpu": resources.cpu_limit, "memory": resources.memory},
        ),
        security_context=restricted_container(),
        volume_mounts=[each.mount for each in container.mounted],
    )


def restricted_pod(user: int, cluster: KubernetesSettings) -> PodSecurityContextArgs:
    """What a pod may do whose processes and volumes are a user's, by its id; OpenShift gives each namespace ids of its
    own, and admits no others."""
    own = None if cluster.openshift else user
    return PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=own,
        run_as_group=own,
        fs_group=own,
        fs_group_change_policy="OnRootMismatch",
        seccomp_profile=_SECCOMP,
    )


def restricted_container() -> SecurityContextArgs:
    """What a container may do."""
    return SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        run_as_non_root=True,
        capabilities=CapabilitiesArgs(drop=["ALL"]),
        seccomp_profile=_SECCOMP,
    )


def _values(variables: Mapping[str, str]) -> Iterator[EnvVarArgs]:
    for name, value in variables.items():
        yield EnvVarArgs(name=name, value=value)


def _fields(variables: Mapping[str, str]) -> Iterator[EnvVarArgs]:
    for name, path in variables.items():
        source = EnvVarSourceArgs(field_ref=ObjectFieldSelectorArgs(field_path=path))
        yield EnvVarArgs(name=name, value_from=source)


def _probe(path: str, port: str, period: int, failures: int) -> ProbeArgs:
    return ProbeArgs(
        http_get=HTTPGetActionArgs(path=path, port=port),
        period_seconds=period,
        timeout_seconds=3,
        failure_threshold=failures,
    )
