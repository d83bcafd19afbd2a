"""An environment's settings: the typed config of stacks/Pulumi.<env>.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator

from slostack.settings.kubernetes import FilesSettings, KubernetesSettings, OperatorSettings
from slostack.settings.local import LOOPBACK, LocalSettings
from slostack.settings.needs import LONGEST_WITH_NEEDS
from slostack.settings.part import BaseUrl, SettingsPart, mismatch, written
from slostack.settings.receivers import Receivers
from slostack.settings.servers import (
    AlertmanagerSettings,
    Exporters,
    GrafanaSettings,
    LogSettings,
    LokiSettings,
    PrometheusSettings,
)
from slostack.settings.services import WatchedService
from slostack.settings.thanos import ThanosSettings

STACK_FOLDER = "stacks"
Replicated = PrometheusSettings | AlertmanagerSettings | LokiSettings | GrafanaSettings


class Urls(SettingsPart):
    """Where people find things; they become links in notifications and dashboards. On this machine they follow
    from the ports."""

    grafana: BaseUrl
    prometheus: BaseUrl
    alertmanager: BaseUrl
    runbooks: BaseUrl


class Settings(SettingsPart):
    """Everything that differs between environments, free of secrets."""

    environment: Annotated[str, written(r"[a-z][a-z0-9-]*", "a name of lower-case letters, digits and hyphens", 63)]
    delivery: Literal["local", "kubernetes", "operator", "files"]
    local: LocalSettings = Field(default_factory=LocalSettings)
    urls: Urls = Field(default_factory=lambda: None, validate_default=True)
    services: Mapping[str, WatchedService] = Field(default_factory=dict)
    receivers: Receivers = Field(default_factory=Receivers)
    prometheus: PrometheusSettings = Field(default_factory=PrometheusSettings)
    alertmanager: AlertmanagerSettings = Field(default_factory=AlertmanagerSettings)
    loki: LokiSettings = Field(default_factory=LokiSettings)
    grafana: GrafanaSettings = Field(default_factory=GrafanaSettings)
    thanos: ThanosSettings = Field(default_factory=ThanosSettings)
    logs: LogSettings = Field(default_factory=LogSettings)
    exporters: Exporters = Field(default_factory=Exporters)
    kubernetes: KubernetesSettings = Field(default_factory=KubernetesSettings, validate_default=True)
    operator: OperatorSettings = Field(default_factory=OperatorSettings)
    files: FilesSettings = Field(default_factory=FilesSettings)
    _file: str | None = PrivateAttr(None)

    def model_post_init(self, context: Any) -> None:
        """Remembers the file that a validation says it reads."""
        self._file = (context or {}).get("file")

    @property
    def file(self) -> str:
        """The stack's file, as errors name it: a stack need not have its environment's name."""
        return self._file or f"{STACK_FOLDER}/Pulumi.{self.environment}.yaml"

    @property
    def stack(self) -> str:
        """The stack's name."""
        return PurePosixPath(self.file).stem.removeprefix("Pulumi.")

    @property
    def watched(self) -> Mapping[str, WatchedService]:
        """How each service is reached: `services`, and those that the demo workload plays and they don't name."""
        return {**self.played, **self.services}

    @property
    def played(self) -> Mapping[str, WatchedService]:
        """How the services are reached that the demo workload plays, without those that `services` names. It answers
        for the prober too: what it plays has no addresses that could be asked."""
        if self.delivery != "local":
            return {}
        demo = f"{LOOPBACK}:{self.local.ports.demo}"
        return {
            name: WatchedService(targets=(demo,), basePath=f"/{name}", probe=f"https://{name}.example", prober=demo)
            for name in self.local.demo
            if name not in self.services
        }

    @field_validator("urls", mode="before")
    @classmethod
    def _urls_on_this_machine(cls, value: object, info: ValidationInfo) -> object:
        if value not in (None, {}):
            return value
        if info.data.get("delivery") != "local":
            raise mismatch("nothing", "the URLs of grafana, prometheus, alertmanager and runbooks")
        ports = info.data.get("local", LocalSettings()).ports
        at = f"http://{LOOPBACK}"
        return Urls(
            grafana=f"{at}:{ports.grafana}",
            prometheus=f"{at}:{ports.prometheus}",
            alertmanager=f"{at}:{ports.alertmanager}",
            runbooks=f"{at}:{ports.notifications}/runbooks",
        )

    @field_validator("prometheus", "alertmanager", "loki", "grafana")
    @classmethod
    def _one_of_each_on_this_machine(cls, value: Replicated, info: ValidationInfo) -> Replicated:
        if info.data.get("delivery") == "local" and value.replicas > 1:
            raise mismatch(f"{value.replicas} replicas on this machine", "one", "replicas")
        return value

    @field_validator("thanos")
    @classmethod
    def _thanos_is_beside_our_own_prometheus(cls, value: ThanosSettings, info: ValidationInfo) -> ThanosSettings:
        delivery = info.data.get("delivery")
        if value.enabled and delivery != "kubernetes":
            raise mismatch(f"a bucket with delivery {delivery}", "it left out, or delivery: kubernetes", "bucket")
        return value

    @field_validator("services")
    @classmethod
    def _exporters_are_beside_our_own_prometheus(
        cls, value: Mapping[str, WatchedService], info: ValidationInfo
    ) -> Mapping[str, WatchedService]:
        delivery = info.data.get("delivery")
        for name, service in value.items():
            if service.needs.all and delivery != "kubernetes":
                raise mismatch(
                    f"exporters with delivery {delivery}", "them left out, or delivery: kubernetes", name, "needs"
                )
            if service.needs.all and len(name) > LONGEST_WITH_NEEDS:
                found = f"needs of a service whose name has {len(name)} characters"
                raise mismatch(
                    found, f"at most {LONGEST_WITH_NEEDS}: its exporters' names begin with theirs", name, "needs"
                )
        return value

    @field_validator("loki")
    @classmethod
    def _logs_of_this_machine_stay_on_it(cls, value: LokiSettings, info: ValidationInfo) -> LokiSettings:
        if info.data.get("delivery") == "local" and value.bucket:
            raise mismatch("a bucket on this machine", "it left out: its data is in a folder", "bucket")
        return value

    @field_validator("kubernetes")
    @classmethod
    def _grafana_is_where_links_lead(cls, value: KubernetesSettings, info: ValidationInfo) -> KubernetesSettings:
        urls: Urls | None = info.data.get("urls")
        if value.exposure and urls and urls.grafana.rstrip("/") != f"https://{value.exposure.host}":
            found = f"host {value.exposure.host}"
            raise mismatch(found, f"that of urls.grafana ({urls.grafana}), which is https://<host>", "exposure", "host")
        return value

    @field_validator("kubernetes")
    @classmethod
    def _is_told_from_other_clusters(cls, value: KubernetesSettings, info: ValidationInfo) -> KubernetesSettings:
        thanos: ThanosSettings | None = info.data.get("thanos")
        if not thanos:
            return value
        if value.cluster in thanos.query.clusters:
            expected = "a name that no other cluster has: it is in thanos.query.clusters"
            raise mismatch(f"cluster {value.cluster}", expected, "cluster")
        for key in ("clusters", "clients"):
            if getattr(thanos.query, key) and not value.cluster:
                expected = "the name by which this one's series differ from those of others"
                raise mismatch(f"no cluster beside thanos.query.{key}", expected, "cluster")
        return value

    @field_validator("kubernetes")
    @classmethod
    def _openshift_admits_no_paths_of_nodes(cls, value: KubernetesSettings, info: ValidationInfo) -> KubernetesSettings:
        exporters: Exporters | None = info.data.get("exporters")
        if value.openshift and exporters and exporters.node_exporter and info.data.get("delivery") == "kubernetes":
            expected = (
                "exporters.nodeExporter: false; its constraints admit no path of a node, and it has one of its own"
            )
            raise mismatch("`openshift` with a node exporter", expected, "openshift")
        return value

    @field_validator("kubernetes")
    @classmethod
    def _context_is_pinned(cls, value: KubernetesSettings, info: ValidationInfo) -> KubernetesSettings:
        if info.data.get("delivery") in ("kubernetes", "operator") and not value.context:
            raise mismatch("no context", "the kubeconfig context to deploy to (kubectl config get-contexts)", "context")
        return value

    @field_validator("kubernetes")
    @classmethod
    def _namespace_is_its_own(cls, value: KubernetesSettings, info: ValidationInfo) -> KubernetesSettings:
        taken = value.namespace == "default" or value.namespace.startswith("kube-")
        if info.data.get("delivery") == "kubernetes" and taken:
            raise mismatch(f"namespace {value.namespace}", "one of the stack's own, which it makes", "namespace")
        return value
