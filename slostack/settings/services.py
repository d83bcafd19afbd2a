"""Which services an environment watches, and how it reaches them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from slostack.settings.part import (
    Address,
    BaseUrl,
    HostPort,
    LabelKey,
    LabelValue,
    Namespace,
    OnceEach,
    Pem,
    SettingsPart,
    mismatch,
    written,
)
from slostack.spec.fields import Name
from slostack.spec.source import describe

_PORT_NAME = r"(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*"
_LOOPBACK = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\]):[0-9]+")
"""Addresses that are reached without leaving the machine."""


def _container_port(value: int | str) -> int | str:
    if isinstance(value, int) and 1 <= value <= 65535:
        return value
    if isinstance(value, str) and re.fullmatch(_PORT_NAME, value):
        return value
    raise mismatch(
        describe(value), "a port's number, or its name of at most 15 lower-case letters, digits and single hyphens"
    )


ContainerPort = Annotated[int | str, AfterValidator(_container_port)]
ServerName = Annotated[str, written(r"[A-Za-z0-9_.:-]+", "a host's name such as metrics.acme.example", 253)]


class Pods(SettingsPart):
    """A service's pods in the cluster: those with some labels, or those that are annotated (`prometheus.io/scrape:
    "true"`, with `prometheus.io/port` and, where it differs, `prometheus.io/path`)."""

    namespace: Namespace
    labels: Mapping[LabelKey, LabelValue] = Field(default_factory=dict, description="that select the pods")
    port: ContainerPort | None = Field(None, description="of the container: its number or its name")
    annotated: bool = Field(False, description="whether annotations say which pods, and their port")

    @model_validator(mode="after")
    def _selected(self) -> Self:
        if self.annotated and self.port:
            raise mismatch("`port` beside `annotated`", "the port in the pods' annotation", "port")
        if not self.annotated and not self.port:
            raise mismatch("no port", "the number or the name of the container's port, or `annotated: true`", "port")
        if not self.annotated and not self.labels:
            raise mismatch("no labels", "the labels that select the pods, or `annotated: true`", "labels")
        return self


class WatchedService(SettingsPart):
    """How one service is reached in this environment."""

    targets: Annotated[tuple[HostPort, ...], OnceEach] = Field(
        (), strict=False, description="host:port of every instance"
    )
    pods: Pods | None = Field(None, description="its pods in the cluster, in place of `targets`")
    scheme: Literal["http", "https"] = "http"
    token: bool = Field(
        False,
        description="whether /metrics wants a bearer token (secret scrapeToken-<service>), which is shown by https",
    )
    client_certificate: bool = Field(
        False,
        alias="clientCertificate",
        description="whether it wants one (secrets scrapeCertificate-<service> and scrapeKey-<service>)",
    )
    ca: Pem | None = Field(None, description="the certificates (PEM) that sign its own, where they aren't public ones")
    server_name: ServerName | None = Field(
        None, alias="serverName", description="in its certificate, where it isn't the host"
    )
    base_path: str = Field("", alias="basePath", description="what comes before the paths of its scrape jobs")
    honor_labels: bool = Field(
        False,
        alias="honorLabels",
        description="whether `job` and `instance` in its metrics are kept: some tell of others",
    )
    probe: BaseUrl | None = Field(None, description="the base URL that its probes ask")
    probes: Mapping[Name, Address] = Field(
        default_factory=dict, description="by the name of a probe what it asks in place of `probe`: a URL, or host:port"
    )
    prober: HostPort | None = Field(None, description="host:port of the blackbox exporter that asks, if not its own")

    @property
    def probed(self) -> tuple[str, ...]:
        """All that is asked by probes: URLs, and host:port of those by TLS and TCP."""
        return tuple(dict.fromkeys([*([self.probe] if self.probe else []), *self.probes.values()]))

    @model_validator(mode="after")
    def _reached_one_way(self) -> Self:
        if self.targets and self.pods:
            raise mismatch("both `targets` and `pods`", "one of the two", "pods")
        if self.base_path and (self.pods or not re.fullmatch(r"(/[\w.~-]+)+", self.base_path)):
            found = f"{self.base_path!r}{' of `pods`' if self.pods else ''}"
            raise mismatch(found, "a path without its last slash, of services that have `targets`", "basePath")
        return self

    @model_validator(mode="after")
    def _shows_nothing_in_the_clear(self) -> Self:
        stays = bool(self.targets) and all(_LOOPBACK.fullmatch(target) for target in self.targets)
        needs_tls = {
            "token": self.token and not stays,
            "clientCertificate": self.client_certificate,
            "ca": self.ca,
            "serverName": self.server_name,
        }
        if self.scheme == "http" and (given := [key for key, value in needs_tls.items() if value]):
            why = ", as a token can be read on its way, between pods too" if given[0] == "token" else ""
            raise mismatch(f"`{given[0]}` with scheme http", f"scheme: https{why}", given[0])
        return self
