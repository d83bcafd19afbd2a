"""How a stack is put into a cluster."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from slostack.settings.part import (
    LONGEST_NAMESPACE,
    AnnotationKey,
    Cidr,
    Cpu,
    HostName,
    HostPort,
    LabelKey,
    LabelValue,
    Memory,
    Namespace,
    ObjectName,
    OnceEach,
    Port,
    SettingsPart,
    Some,
    mismatch,
    thousandths,
    written,
)
from slostack.spec.source import describe

_OWN = "prometheus|alertmanager|loki|grafana"
StoringServer = Annotated[
    str,
    written(
        f"{_OWN}|thanos-store|thanos-compactor",
        "prometheus, alertmanager, loki, grafana, thanos-store or thanos-compactor",
    ),
]
Server = Annotated[
    str,
    written(
        f"{_OWN}|alloy|blackbox|kube-state-metrics|node-exporter|thanos|kubectl|(postgres|redis|cloudwatch|json)-exporter",
        "prometheus, alertmanager, loki, grafana, alloy, blackbox, kube-state-metrics, node-exporter, thanos, kubectl, "
        "postgres-exporter, redis-exporter, cloudwatch-exporter or json-exporter",
    ),
]
Digest = Annotated[str, written(r"sha256:[0-9a-f]{64}", "sha256: and 64 hexadecimal digits")]
_REGISTRY = r"localhost|[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?|[a-z0-9-]+:[0-9]+"
"""Without a dot or a port, a first part is no registry: it is a user's name in Docker's."""
Mirror = Annotated[
    str,
    written(rf"({_REGISTRY})(/[a-z0-9._-]+)*", "a registry's host or host:port, such as mirror.acme.example/images"),
]
FolderName = Annotated[
    str, written(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", "a folder below the project")
]
TimeOfDay = Annotated[str, written(r"([01][0-9]|2[0-3]):[0-5][0-9]", 'a time of day such as "03:00"')]
ToolImage = Annotated[
    str,
    written(
        r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+(:v?[0-9]+\.[0-9]+\.[0-9]+|@sha256:[0-9a-f]{64})",
        "an image by its version of three numbers or its digest, such as registry.acme.example/slostack:1.0.0",
    ),
]
_ISSUERS = ("cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme")
"""The annotations by which cert-manager gets an Ingress its certificate."""
NODES = "-nodes"
"""Ends the name of the node exporter's namespace."""
_OWN_LABELS = "app.kubernetes.io/"
_RESERVED = re.compile(r"(([^/]+\.)?(kubernetes|k8s)\.io|acme\.cert-manager\.io|azure\.workload\.identity)/.*")
_OF_CONTROLLERS = (
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
)
"""By which controllers know their pods."""
_OS = "kubernetes.io/os"


def _not_own(labels: Mapping[str, str]) -> Mapping[str, str]:
    for name in labels:
        if name.startswith(_OWN_LABELS):
            raise mismatch(describe(name), f"labels that the stack doesn't set itself, as it does {_OWN_LABELS}…")
        if _RESERVED.fullmatch(name) or name in _OF_CONTROLLERS:
            expected = "labels of your own: Kubernetes acts by those of kubernetes.io and k8s.io"
            others = "acme.cert-manager.io, azure.workload.identity"
            raise mismatch(describe(name), f"{expected}, others by {others}, and by {', '.join(_OF_CONTROLLERS)}")
    return labels


def _has_room_beside_it(namespace: str) -> str:
    if (excess := len(namespace) + len(NODES) - LONGEST_NAMESPACE) > 0:
        found = f"{namespace}{NODES}, the node exporter's beside it, has {len(namespace) + len(NODES)} characters"
        raise mismatch(found, f"at most {LONGEST_NAMESPACE}: a name shorter by {excess}")
    return namespace


def _linux(labels: Mapping[str, str]) -> Mapping[str, str]:
    if _OS in labels:
        raise mismatch(describe(_OS), "it left out: the servers run on Linux", _OS)
    return labels


Cidrs = Annotated[tuple[Cidr, ...], Field(strict=False), Some, OnceEach]
Ports = Annotated[tuple[Port, ...], Field(strict=False), Some, OnceEach]
OtherLabels = Annotated[Mapping[LabelKey, LabelValue], AfterValidator(_not_own)]
NodeLabels = Annotated[Mapping[LabelKey, LabelValue], AfterValidator(_linux)]


class Resources(SettingsPart):
    """What one server's pod asks for and gets at most. Memory is both, so that it is never overcommitted."""

    cpu: Cpu
    cpu_limit: Cpu = Field(alias="cpuLimit")
    memory: Memory

    @model_validator(mode="after")
    def _asks_for_what_it_gets(self) -> Self:
        if thousandths(self.cpu) > thousandths(self.cpu_limit):
            raise mismatch(f"cpu {self.cpu} above cpuLimit {self.cpu_limit}", "at most as much", "cpu")
        return self


def _resources(cpu: str, cpu_limit: str, memory: str) -> Any:
    return Field(default_factory=lambda: Resources(cpu=cpu, cpuLimit=cpu_limit, memory=memory))


def _own(key: str, cpu: str, cpu_limit: str, memory: str) -> Any:
    return Field(default_factory=lambda: Resources(cpu=cpu, cpuLimit=cpu_limit, memory=memory), alias=key)


class KubernetesResources(SettingsPart):
    """The resources of each server's pod."""

    prometheus: Resources = _resources("250m", "2", "2Gi")
    alertmanager: Resources = _resources("50m", "500m", "256Mi")
    loki: Resources = _resources("250m", "2", "2Gi")
    grafana: Resources = _resources("100m", "1", "512Mi")
    alloy: Resources = _resources("50m", "500m", "512Mi")
    blackbox: Resources = _resources("20m", "200m", "64Mi")
    kube_state_metrics: Resources = _own("kubeStateMetrics", "20m", "200m", "256Mi")
    node_exporter: Resources = _own("nodeExporter", "20m", "200m", "64Mi")
    snapshots: Resources = _resources("20m", "200m", "64Mi")
    exporter: Resources = _resources("20m", "200m", "128Mi")
    backfill: Resources = _resources("100m", "1", "1Gi")
    thanos_sidecar: Resources = _own("thanosSidecar", "50m", "500m", "256Mi")
    thanos_query: Resources = _own("thanosQuery", "100m", "2", "1Gi")
    thanos_store: Resources = _own("thanosStore", "100m", "2", "2Gi")
    thanos_compactor: Resources = _own("thanosCompactor", "100m", "2", "2Gi")


class Images(SettingsPart):
    """Where images come from."""

    mirror: Mirror | None = Field(None, description="a registry (and path) that has them all, in place of their own")
    digests: Mapping[Server, Digest] = Field(
        default_factory=dict, description="by server: the very image of its version"
    )
    pull_secrets: Annotated[tuple[ObjectName, ...], OnceEach] = Field(
        (), strict=False, alias="pullSecrets", description="Secrets in the namespace that the registry wants"
    )


class Exposure(SettingsPart):
    """How people reach Grafana from outside the cluster, and nothing else: by an Ingress or by the Gateway API."""

    kind: Literal["ingress", "gateway"]
    host: HostName
    tls_secret: ObjectName | None = Field(
        None, alias="tlsSecret", description="the Secret with an Ingress' certificate"
    )
    ingress_class: ObjectName | None = Field(None, alias="ingressClass", description="none: the cluster's own")
    annotations: Mapping[AnnotationKey, str] = Field(default_factory=dict, description="such as a certificate issuer's")
    gateway: ObjectName | None = Field(None, description="the Gateway that an HTTPRoute attaches to")
    gateway_namespace: Namespace | None = Field(
        None, alias="gatewayNamespace", description="the Gateway's; none: that of the stack"
    )
    listener: ObjectName = Field("https", description="the Gateway's listener, which has the certificate")
    from_namespace: Namespace | None = Field(
        None, alias="fromNamespace", description="where the controller's pods run, which requests come from"
    )
    from_addresses: Annotated[tuple[Cidr, ...], OnceEach, Some] = Field(
        (),
        strict=False,
        alias="fromAddresses",
        description="where requests come from if not from pods: a load balancer's addresses, or the nodes' (CIDRs)",
    )

    @property
    def has_certificate_issued(self) -> bool:
        """Whether cert-manager is asked for an Ingress' certificate."""
        return self.kind == "ingress" and not self.annotations.keys().isdisjoint(_ISSUERS)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "ingress" and not self.tls_secret:
            raise mismatch("an Ingress without `tlsSecret`", "the Secret with its certificate", "tlsSecret")
        if self.kind == "gateway" and not self.gateway:
            raise mismatch("no gateway", "the name of the Gateway that the route attaches to", "gateway")
        if not self.from_namespace and not self.from_addresses:
            raise mismatch(
                "neither of `fromNamespace` and `fromAddresses`", "where requests come from", "fromNamespace"
            )
        idle = {"ingress": {"gateway", "gateway_namespace", "listener"}, "gateway": {"tls_secret", "ingress_class"}}
        for name in sorted(idle[self.kind] & self.model_fields_set):
            key = type(self).model_fields[name].alias or name
            raise mismatch(f"`{key}` with kind {self.kind}", "it left out", key)
        return self


class Dns(SettingsPart):
    """What looks up names in the cluster: its pods, and what answers in their place on each node."""

    namespace: Namespace = "kube-system"
    labels: Mapping[LabelKey, LabelValue] = Field(default_factory=lambda: {"k8s-app": "kube-dns"})
    port: Port = Field(53, description="of its pods, where a network policy looks behind their Service")
    addresses: Annotated[tuple[Cidr, ...], OnceEach] = Field(
        ("169.254.20.10/32",), strict=False, description="of caches on the nodes (NodeLocal DNSCache)"
    )


class Snapshots(SettingsPart):
    """Snapshots of the volumes whose data are nowhere else, once a day, by the cluster's storage (CSI)."""

    snapshot_class: ObjectName | None = Field(None, alias="class", description="none: the cluster's own")
    at: TimeOfDay = Field("03:00", description="when, in UTC")
    keep: Annotated[int, Field(ge=1, le=31)] = Field(7, description="for how many days, while new ones are taken")


class Backfill(SettingsPart):
    """`slostack backfill` into each Prometheus, once a day: new SLOs get the past that raw series have."""

    image: ToolImage = Field(description="with slostack, promtool and the project in /project")
    at: TimeOfDay = Field("02:00", description="when, in UTC")


class KubernetesSettings(SettingsPart):
    """The stack in a cluster."""

    context: str | None = Field(None, description="the kubeconfig context, and no other, that is deployed to")
    namespace: Annotated[Namespace, AfterValidator(_has_room_beside_it)] = Field(
        "slostack", description=f"the node exporter has one beside it, <namespace>{NODES}"
    )
    adopt: bool = Field(False, description="whether its namespaces may be there already, and of others")
    protect: bool = Field(False, description="whether Pulumi refuses to delete the namespace and what keeps data")
    storage_class: ObjectName | None = Field(
        None, alias="storageClass", description="of all volumes; none: the cluster's own"
    )
    storage_classes: Mapping[StoringServer, ObjectName] = Field(
        default_factory=dict, alias="storageClasses", description="by server, where one needs another"
    )
    cluster: Annotated[str, written(r"[A-Za-z0-9][A-Za-z0-9_.-]*", "a name such as eu-1", 63)] | None = Field(
        None, description="the cluster's name: the label `cluster` of whatever leaves its Prometheus"
    )
    shards: Annotated[int, Field(ge=1, le=1024)] = Field(
        16, description="the most ConfigMaps that the rules, and that the dashboards, are spread over"
    )
    labels: OtherLabels = Field(default_factory=dict, description="of every object")
    node_selector: NodeLabels = Field(
        default_factory=dict, alias="nodeSelector", description="of the nodes that the servers may run on"
    )
    api_server: Cidrs = Field(("0.0.0.0/0", "::/0"), alias="apiServer", description="where the cluster's API answers")
    api_server_ports: Ports = Field(
        (443, 6443),
        alias="apiServerPorts",
        description="its Service's port and, as some networks see it, the one behind",
    )
    nodes: Cidrs = Field(("0.0.0.0/0", "::/0"), description="where its nodes are, whose kubelets are scraped")
    dns: Dns = Field(default_factory=Dns)
    openshift: bool = Field(
        False, description="whether users and groups of pods are those of OpenShift's constraints, and DNS its own"
    )
    images: Images = Field(default_factory=Images)
    exposure: Exposure | None = Field(None, description="none: Grafana is reached by port-forward alone")
    snapshots: Snapshots | None = Field(None, description="none: nothing takes snapshots of volumes")
    backfill: Backfill | None = Field(None, description="none: new SLOs begin without a past")
    resources: KubernetesResources = Field(default_factory=KubernetesResources)

    @model_validator(mode="before")
    @classmethod
    def _names_are_looked_up_as_in_openshift(cls, value: Any) -> Any:
        if not isinstance(value, dict) or value.get("openshift") is not True:
            return value
        labels = {"dns.operator.openshift.io/daemonset-dns": "default"}
        of_openshift = {"namespace": "openshift-dns", "labels": labels, "port": 5353, "addresses": ()}
        dns = value.get("dns", {})
        return {**value, "dns": {**of_openshift, **dns} if isinstance(dns, dict) else dns}


class FilesSettings(SettingsPart):
    """Manifests as files, for GitOps."""

    folder: FolderName = Field(
        "manifests", description="where they are written, below the project: <folder>/<environment>/"
    )


class OperatorSettings(SettingsPart):
    """A cluster that runs the Prometheus operator (kube-prometheus-stack): what its selectors want."""

    labels: Mapping[LabelKey, LabelValue] = Field(
        default_factory=lambda: {"release": "kube-prometheus-stack"},
        description="of rules, monitors and routes, as its selectors want them",
    )
    dashboard_labels: Mapping[LabelKey, LabelValue] = Field(
        default_factory=lambda: {"grafana_dashboard": "1"},
        alias="dashboardLabels",
        description="of the ConfigMaps that Grafana's sidecar loads",
    )
    namespace_matcher: bool = Field(
        True,
        alias="namespaceMatcher",
        description="whether its Alertmanager takes from an AlertmanagerConfig's namespace alone (OnNamespace)",
    )
    prober: HostPort = Field("prometheus-blackbox-exporter:9115", description="host:port of a blackbox exporter")
