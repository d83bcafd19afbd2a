"""Which services an environment watches, and how it reaches them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from slostack.settings.needs import Needs
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
    is_loopback,
    mismatch,
    written,
)
from slostack.spec.fields import Name
from slostack.spec.source import describe

_PORT_NAME = r"(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*"


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


class ScrapedJob(SettingsPart):
    """How one scrape job of a service is scraped where that differs from the others, such as an exporter beside it.
    Where it has an address of its own, the service's `basePath` isn't before its path; by http it shows nothing that
    needs https."""

    port: ContainerPort | None = Field(None, description="the service's own targets or pods, at this port")
    targets: Annotated[tuple[HostPort, ...], OnceEach] | None = Field(
        None, strict=False, description="host:port of every instance"
    )
    pods: Pods | None = Field(None, description="its pods in the cluster, in place of `targets`")
    scheme: Literal["http", "https"] | None = None
    token: bool | None = Field(None, description="whether it wants the service's bearer token")
    client_certificate: bool | None = Field(
        None, alias="clientCertificate", description="whether it wants the service's"
    )
    ca: Pem | None = Field(None, description="the certificates (PEM) that sign its own")
    server_name: ServerName | None = Field(None, alias="serverName", description="in its certificate")
    base_path: str | None = Field(None, alias="basePath", description="what comes before its path")
    honor_labels: bool | None = Field(None, alias="honorLabels")

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        given = [key for key in ("port", "targets", "pods") if getattr(self, key) is not None]
        if len(given) > 1:
            raise mismatch(" beside ".join(f"`{key}`" for key in given), "one of these", given[0])
        return self

    def of(self, service: WatchedService) -> WatchedService:
        """How it is scraped, by what the service says wherever this doesn't."""
        said: dict[str, Any] = {key: value for key, value in self if value is not None}
        where: dict[str, Any] = {}
        if (port := said.pop("port", None)) is not None:
            where = {"base_path": "", **_at_port(service, port)}
        elif {"targets", "pods"} & said.keys():
            where = {"base_path": "", "targets": (), "pods": None}
        if self.scheme == "http":
            where |= {"token": False, "client_certificate": False, "ca": None, "server_name": None}
        return service.model_copy(update={"jobs": {}, **where, **said})


def _has_port(service: WatchedService, port: int | str) -> bool:
    """Whether what a service has can be asked at another port: annotations of pods say which."""
    return not service.pods.annotated if service.pods else bool(service.targets) and isinstance(port, int)


def _at_port(service: WatchedService, port: int | str) -> dict[str, Any]:
    hosts = dict.fromkeys(target.rpartition(":")[0] for target in service.targets)
    pods = service.pods.model_copy(update={"port": port}) if service.pods else None
    return {"targets": tuple(f"{host}:{port}" for host in hosts), "pods": pods}


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
    jobs: Mapping[str, ScrapedJob] = Field(
        default_factory=dict, description="by the name of a scrape job how that one is scraped, where it differs"
    )
    probe: BaseUrl | None = Field(None, description="the base URL that its probes ask")
    probes: Mapping[Name, Address] = Field(
        default_factory=dict, description="by the name of a probe what it asks in place of `probe`: a URL, or host:port"
    )
    needs: Needs = Field(default_factory=Needs, description="where what it needs is, that exporters look at")
    prober: HostPort | None = Field(None, description="host:port of the blackbox exporter that asks, if not its own")

    @property
    def probed(self) -> tuple[str, ...]:
        """All that is asked by probes: URLs, and host:port of those by TLS and TCP."""
        return tuple(dict.fromkeys([*([self.probe] if self.probe else []), *self.probes.values()]))

    def of_job(self, job: str) -> WatchedService:
        """How one of its scrape jobs is scraped."""
        return self.jobs[job].of(self) if job in self.jobs else self

    @property
    def ways(self) -> tuple[WatchedService, ...]:
        """Every way in which jobs of it are scraped: that of all, and those that `jobs` has."""
        return (self, *map(self.of_job, self.jobs))

    @model_validator(mode="after")
    def _can_be_scraped(self) -> Self:
        _check_scrape(self)
        for name, job in self.jobs.items():
            if job.port is not None and not _has_port(self, job.port):
                expected = "a number, of a service with `targets`, or a port of `pods` that labels select"
                raise mismatch(describe(job.port), expected, "jobs", name, "port")
            _check_scrape(job.of(self), "jobs", name)
        return self


def _check_scrape(watched: WatchedService, *at: str) -> None:
    """Raises PydanticCustomError where a service, or the job of it at `at`, can't be scraped so, or shows in the clear
    what may not be read on its way."""
    if watched.targets and watched.pods:
        raise mismatch("both `targets` and `pods`", "one of the two", *at, "pods")
    if watched.base_path and (watched.pods or not re.fullmatch(r"(/[\w.~-]+)+", watched.base_path)):
        found = f"{watched.base_path!r}{' of `pods`' if watched.pods else ''}"
        raise mismatch(found, "a path without its last slash, of services that have `targets`", *at, "basePath")
    stays = bool(watched.targets) and all(map(is_loopback, watched.targets))
    needs_tls = {
        "token": watched.token and not stays,
        "clientCertificate": watched.client_certificate,
        "ca": watched.ca,
        "serverName": watched.server_name,
    }
    if watched.scheme == "http" and (given := [key for key, value in needs_tls.items() if value]):
        why = ", as a token can be read on its way, between pods too" if given[0] == "token" else ""
        raise mismatch(f"`{given[0]}` with scheme http", f"scheme: https{why}", *at, given[0])
