"""What differs between environments about each server."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from slostack.settings.bucket import LogBucket
from slostack.settings.part import (
    HostPort,
    Line,
    Namespace,
    OnceEach,
    Pem,
    SettingsPart,
    SmallStorage,
    Storage,
    Throughput,
    Url,
    can_be_read,
    mismatch,
    written,
)
from slostack.spec.quantities import Duration

Replicas = Annotated[int, Field(ge=1, le=9)]
_DAY = Duration(86400)
LogLevel = Literal["trace", "debug", "info", "warn", "error"]
LogEvent = Annotated[str, written(r"[A-Za-z0-9_.:-]+", "an event's name, such as login_failed", 63)]


class RemoteWrite(SettingsPart):
    """What takes samples as they come, by Prometheus' remote write: Mimir, a vendor. The secret remoteWriteToken-<name>
    is its bearer token, or its password where there is a user name."""

    url: Url
    tenant: Line | None = Field(None, description="sent as X-Scope-OrgID, as Mimir wants it")
    token: bool = Field(False, description="whether it wants a bearer token")
    username: Line | None = Field(None, description="where it wants a log-in")
    replica_label: Annotated[str, written(r"[a-zA-Z_][a-zA-Z0-9_]*", "a label's name, such as __replica__")] = Field(
        "__replica__",
        alias="replicaLabel",
        description="the label that tells replicas apart there, whose samples it counts once",
    )

    @property
    def has_secret(self) -> bool:
        """Whether it wants a token or a password."""
        return self.token or self.username is not None

    @model_validator(mode="after")
    def _one_log_in(self) -> Self:
        if self.token and self.username:
            raise mismatch("a user name beside `token`", "one of them", "username")
        if self.has_secret and can_be_read(self.url):
            what = "token" if self.token else "password"
            raise mismatch("http://", f"https://, as the {what} can be read on its way", "url")
        return self


class PrometheusSettings(SettingsPart):
    """Prometheus in this environment."""

    replicas: Replicas = Field(1, description="each scrapes and judges everything by itself")
    retention: Duration = Duration(40 * 86400)
    storage: SmallStorage = Field("20Gi", description="less has no room for the write-ahead log")
    remote_write: Mapping[Namespace, RemoteWrite] = Field(
        default_factory=dict, alias="remoteWrite", description="what else gets every sample, by name"
    )


class AlertmanagerSettings(SettingsPart):
    """Alertmanager in this environment."""

    replicas: Replicas = Field(1, description="more than one gossip, so that each notification is sent once")
    storage: Storage = "1Gi"


def _a_day_at_least(value: Duration) -> Duration:
    if value < _DAY:
        raise mismatch(str(value), "at least 1d; Loki deletes by the day")
    return value


_Kept = Annotated[Duration, AfterValidator(_a_day_at_least)]


class LogRetention(SettingsPart):
    """How long log lines are kept, by their level; one duration, in place of these, is that of all."""

    debug: _Kept = Field(Duration(7 * 86400), description="traces too")
    info: _Kept = Duration(30 * 86400)
    warn: _Kept = Duration(90 * 86400)
    error: _Kept = Duration(90 * 86400)
    security: _Kept = Field(Duration(365 * 86400), description="security events, of whatever level")
    other: _Kept = Field(Duration(30 * 86400), description="lines that tell no level")

    @model_validator(mode="before")
    @classmethod
    def _one_for_all(cls, value: object) -> object:
        if isinstance(value, dict | cls):
            return value
        return dict.fromkeys(cls.model_fields, _a_day_at_least(Duration.parse(value)))

    @model_validator(mode="after")
    def _graver_lines_no_shorter(self) -> Self:
        kept = {name: getattr(self, name) for name in ("debug", "info", "warn", "error", "security")}
        for (less, period), (more, its) in pairwise(kept.items()):
            if its < period:
                raise mismatch(str(its), f"at least the {period} of {less}, which is less grave", more)
        return self


class LokiLimits(SettingsPart):
    """What Loki takes and answers at most, of all services together: to it they are one tenant."""

    ingestion: Throughput = Field("4Mi", description="bytes of lines a second, at each replica")
    streams: Annotated[int, Field(ge=1, le=1_000_000)] = Field(5000, description="label sets at the same time")
    query_range: Duration = Field(Duration(31 * 86400), alias="queryRange", description="of one query")


class LokiSettings(SettingsPart):
    """Loki in this environment."""

    replicas: Replicas = Field(1, description="from three on each line is kept by three of them")
    retention: LogRetention = Field(default_factory=LogRetention)
    limits: LokiLimits = Field(default_factory=LokiLimits)
    storage: Storage = "20Gi"
    bucket: LogBucket | None = Field(None, description="that lines are kept in, in place of the volume")

    @model_validator(mode="after")
    def _a_majority_of_those_that_keep_a_line(self) -> Self:
        if self.replicas == 2:
            raise mismatch("2 replicas", "one, or from three on: a line is taken when two of three have it", "replicas")
        if self.replicas > 1 and not self.bucket:
            what = f"{self.replicas} replicas without `bucket`"
            raise mismatch(what, "a bucket (loki.bucket) that they share, or one replica", "replicas")
        return self


class GrafanaDatabase(SettingsPart):
    """A PostgreSQL database for Grafana; the password is the secret grafanaDatabasePassword."""

    host: HostPort
    name: Line = "grafana"
    user: Line = "grafana"
    ssl_mode: Literal["disable", "require", "verify-ca", "verify-full"] = Field("verify-full", alias="sslMode")
    ca: Pem | None = Field(None, description="the certificates (PEM) that sign its own, where they aren't public ones")


class GrafanaOidc(SettingsPart):
    """How people log in to Grafana; the client's secret is the secret grafanaOidcSecret."""

    name: Line = Field("SSO", description="on the log-in button")
    client_id: Line = Field(alias="clientId")
    auth_url: Url = Field(alias="authUrl")
    token_url: Url = Field(alias="tokenUrl")
    api_url: Url = Field(alias="apiUrl")
    scopes: Line = "openid profile email"
    role: Line = Field("'Viewer'", description="a JMESPath expression of the token that gives the role")

    @model_validator(mode="after")
    def _nothing_is_in_the_clear(self) -> Self:
        urls = {
            "authUrl": (self.auth_url, "people's log-ins"),
            "tokenUrl": (self.token_url, "the client's secret"),
            "apiUrl": (self.api_url, "people's tokens"),
        }
        for key, (url, what) in urls.items():
            if can_be_read(url):
                raise mismatch("http://", f"https://, as {what} can be read on their way", key)
        return self


class GrafanaSettings(SettingsPart):
    """Grafana in this environment."""

    replicas: Replicas = Field(1, description="more than one share a database")
    storage: Storage = Field("1Gi", description="its volume, where it has no database")
    database: GrafanaDatabase | None = None
    oidc: GrafanaOidc | None = None

    @model_validator(mode="after")
    def _shared_database(self) -> Self:
        if self.replicas > 1 and not self.database:
            what = f"{self.replicas} replicas without `database`"
            raise mismatch(what, "a PostgreSQL database (grafana.database) that they share, or one replica", "replicas")
        return self


class LogLimit(SettingsPart):
    """What is kept of a namespace's logs."""

    sample: float = Field(1.0, gt=0, le=1, description="the share of lines that is kept; errors always are")
    lines_per_second: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None, alias="linesPerSecond", description="the most lines of one pod; what is beyond is dropped and counted"
    )


class LogSettings(SettingsPart):
    """Which logs of the cluster's pods are collected (by Alloy)."""

    enabled: bool = True
    namespaces: Annotated[tuple[Namespace, ...], OnceEach] = Field(
        (), strict=False, description="whose pods are read; none: all"
    )
    drop: Annotated[tuple[LogLevel, ...], OnceEach] = Field((), strict=False, description="levels that are not stored")
    security: Annotated[tuple[LogEvent, ...], OnceEach] = Field(
        ("login_failed", "suspicious_request"), strict=False, description="the values of `event` of security events"
    )
    limits: Mapping[Namespace, LogLimit] = Field(default_factory=dict, description="of noisy namespaces")
    lines_per_second: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        2000,
        alias="linesPerSecond",
        description="the most lines of each namespace on each node; what is beyond is dropped",
    )


class Exporters(SettingsPart):
    """What else is measured in the cluster; off where something else of it runs already."""

    node_exporter: bool = Field(True, alias="nodeExporter")
    kube_state_metrics: bool = Field(True, alias="kubeStateMetrics")
    kubelets: bool = Field(True, description="each node's, which know its volumes and containers")
    verify_kubelets: bool = Field(
        False, alias="verifyKubelets", description="whether the cluster's own CA has to have signed their certificates"
    )

    @model_validator(mode="after")
    def _verifies_what_is_scraped(self) -> Self:
        if self.verify_kubelets and not self.kubelets:
            raise mismatch("`verifyKubelets` without kubelets", "kubelets: true", "verifyKubelets")
        return self
