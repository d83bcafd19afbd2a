"""An environment's settings: the typed config of stacks/Pulumi.<env>.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from slostack.errors import SlostackError
from slostack.spec.quantities import Duration, mismatch
from slostack.spec.source import Problem, SpecError, describe, parse_yaml, read_text

_STACK_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
PROJECT = "slostack"
STACK_FOLDER = "stacks"
LOOPBACK = "127.0.0.1"
DEMO_SERVICE = "learnsnap"
"""The service that the demo workload plays."""

Port = Annotated[int, Field(ge=1, le=65535)]
Size = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(Mi|Gi|Ti)$")]
Cpu = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*m?$")]
HostPort = Annotated[str, StringConstraints(pattern=r"^(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):[1-9][0-9]{0,4}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Urls(_Part):
    """Where people find things; they become links in notifications and dashboards. On this machine they follow
    from the ports."""

    grafana: Url
    prometheus: Url
    alertmanager: Url
    runbooks: Url


class WatchedService(_Part):
    """How one service is reached in this environment."""

    targets: tuple[HostPort, ...] = Field((), strict=False, description="host:port of every instance")
    scheme: Literal["http", "https"] = "http"
    token: bool = Field(False, description="whether /metrics wants a bearer token (secret scrapeToken-<service>)")
    probe: Url | None = Field(None, description="the base URL that its probes ask")


class Email(_Part):
    """Notifications by SMTP; the password is the secret smtpPassword."""

    to: str
    sender: str
    smarthost: HostPort
    username: str | None = None


class Slack(_Part):
    """Notifications to a Slack channel; the webhook's URL is the secret slackUrl."""

    channel: str


class PagerDuty(_Part):
    """Pages for critical alerts; the routing key is the secret pagerdutyKey."""

    enabled: bool = True


class Receivers(_Part):
    """Who is notified. Nothing set: nobody is."""

    email: Email | None = None
    slack: Slack | None = None
    pagerduty: PagerDuty | None = None
    webhook: Url | None = None


class PrometheusSettings(_Part):
    """Prometheus in this environment."""

    retention: Duration = Duration(40 * 86400)
    storage: Size = "20Gi"


class LokiSettings(_Part):
    """Loki in this environment."""

    retention: Duration = Duration(30 * 86400)
    storage: Size = "20Gi"


class AlertmanagerSettings(_Part):
    """Alertmanager in this environment."""

    storage: Size = "1Gi"


class GrafanaSettings(_Part):
    """Grafana in this environment."""

    storage: Size = "1Gi"


class Ports(_Part):
    """The loopback ports of the stack on this machine."""

    prometheus: Port = 9090
    alertmanager: Port = 9093
    loki: Port = 3100
    grafana: Port = 3000
    loki_grpc: Port = Field(9096, alias="lokiGrpc")
    notifications: Port = 9095
    demo: Port = 9464

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        first: dict[int, str] = {}
        for name, field in type(self).model_fields.items():
            key, port = field.alias or name, getattr(self, name)
            if port in first:
                raise mismatch(f"port {port} for both {first[port]} and {key}", "a port of its own for each")
            first[port] = key
        return self


class LocalSettings(_Part):
    """The stack on this machine: its ports, whether the demo workload runs, and whether a month of history is made
    up for it before its first start, so that long windows are full."""

    ports: Ports = Field(default_factory=Ports)
    demo: bool = True
    history: bool = True


class Resources(_Part):
    """What one server's pod asks for and gets at most. Memory is both, so that it is never overcommitted."""

    cpu: Cpu
    cpu_limit: Cpu = Field(alias="cpuLimit")
    memory: Size


def _resources(cpu: str, cpu_limit: str, memory: str) -> Any:
    return Field(default_factory=lambda: Resources(cpu=cpu, cpuLimit=cpu_limit, memory=memory))


class KubernetesResources(_Part):
    """The resources of each server's pod."""

    prometheus: Resources = _resources("250m", "2", "2Gi")
    alertmanager: Resources = _resources("50m", "500m", "256Mi")
    loki: Resources = _resources("250m", "2", "2Gi")
    grafana: Resources = _resources("100m", "1", "512Mi")


class KubernetesSettings(_Part):
    """The stack in a cluster."""

    context: str | None = Field(None, description="the kubeconfig context, and no other, that is deployed to")
    namespace: Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=63)] = "slostack"
    storage_class: str | None = Field(None, alias="storageClass", description="of all volumes; none: the cluster's own")
    shards: Annotated[int, Field(ge=1, le=1024)] = Field(
        16, description="the most ConfigMaps that the rules, and that the dashboards, are spread over"
    )
    resources: KubernetesResources = Field(default_factory=KubernetesResources)


class Settings(_Part):
    """Everything that differs between environments, free of secrets."""

    environment: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
    delivery: Literal["local", "kubernetes"]
    local: LocalSettings = Field(default_factory=LocalSettings)
    urls: Urls = Field(default_factory=lambda: None, validate_default=True)
    services: Mapping[str, WatchedService] = Field(default_factory=dict)
    receivers: Receivers = Field(default_factory=Receivers)
    prometheus: PrometheusSettings = Field(default_factory=PrometheusSettings)
    alertmanager: AlertmanagerSettings = Field(default_factory=AlertmanagerSettings)
    loki: LokiSettings = Field(default_factory=LokiSettings)
    grafana: GrafanaSettings = Field(default_factory=GrafanaSettings)
    kubernetes: KubernetesSettings = Field(default_factory=KubernetesSettings, validate_default=True)

    @property
    def watched(self) -> Mapping[str, WatchedService]:
        """How each service is reached: `services`, and the demo workload where it runs and they don't name it."""
        if self.delivery != "local" or not self.local.demo:
            return self.services
        demo = WatchedService(targets=(f"{LOOPBACK}:{self.local.ports.demo}",))
        return {DEMO_SERVICE: demo, **self.services}

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

    @field_validator("kubernetes")
    @classmethod
    def _context_is_pinned(cls, value: KubernetesSettings, info: ValidationInfo) -> KubernetesSettings:
        if info.data.get("delivery") == "kubernetes" and not value.context:
            raise mismatch("no context", "the kubeconfig context to deploy to (kubectl config get-contexts)")
        return value


def stack_names(root: Path) -> tuple[str, ...]:
    """The environments that have a file in stacks/."""
    return tuple(sorted(path.stem.removeprefix("Pulumi.") for path in (root / STACK_FOLDER).glob("Pulumi.*.yaml")))


def load_settings(root: Path, environment: str) -> Settings:
    """The settings of stacks/Pulumi.<environment>.yaml; raises SpecError with everything that is wrong in it."""
    if not re.fullmatch(_STACK_NAME, environment):
        raise SlostackError(f"{environment!r} is no stack's name, expected one such as local or prod-eu")
    path = root / STACK_FOLDER / f"Pulumi.{environment}.yaml"
    shown = f"{STACK_FOLDER}/{path.name}"
    if not path.is_file():
        known = ", ".join(stack_names(root)) or "(none)"
        raise SlostackError(f"no {shown}, expected one of the stacks {known}")
    source = parse_yaml(read_text(path, shown), shown)
    config = source.data.get("config") or {}
    plain = {
        k.removeprefix(f"{PROJECT}:"): v for k, v in config.items() if k.startswith(f"{PROJECT}:") and not _secret(v)
    }
    try:
        return Settings.model_validate(plain)
    except ValidationError as error:
        problems = []
        for detail in error.errors():
            head, *rest = detail["loc"]
            path_in_file = ("config", f"{PROJECT}:{head}", *rest)
            problems.append(source.problem(path_in_file, f"{PROJECT}:{_sentence(detail['loc'], detail)}"))
        raise SpecError(tuple(dict.fromkeys(problems))) from None


def parse_settings(config: Mapping[str, Any], stack: str) -> Settings:
    """The settings of a stack's plain config values by key; raises SpecError that names key and stack."""
    try:
        return Settings.model_validate(dict(config))
    except ValidationError as error:
        shown = f"{STACK_FOLDER}/Pulumi.{stack}.yaml"
        raise SpecError(
            tuple(Problem(shown, 1, 1, f"{PROJECT}:{_sentence(d['loc'], d)}") for d in error.errors())
        ) from None


def _secret(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _sentence(loc: tuple[int | str, ...], detail: Any) -> str:
    key = ".".join(map(str, loc))
    if detail["type"] == "missing":
        return f"{key}: missing, expected a value"
    if detail["type"] == "extra_forbidden":
        return f"{key}: unknown key, expected one that docs/environments.md lists"
    if detail["type"] == "mismatch":
        return f"{key}: {detail['msg']}"
    return f"{key}: {describe(detail['input'])}, expected otherwise ({detail['msg']})"
