"""Where an environment has what its services need, as far as an exporter has to know it. No secret is among it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from slostack.settings.bucket import Region
from slostack.settings.part import (
    LONGEST_NAMESPACE,
    AnnotationKey,
    Cidr,
    HostPort,
    Line,
    OnceEach,
    Pem,
    SettingsPart,
    Url,
    address_of,
    can_be_read,
    host_port,
    mismatch,
    service_namespace,
    written,
)

_Word = Annotated[str, written(r"[^\s/?#@:\"'\\]+", "a name without spaces and any of /?#@:\"'\\", 63)]
_InstanceName = Annotated[str, written(r"[a-z](-?[a-z0-9])*", "an RDS instance's name, such as shop-prod", 63)]

LONGEST_WITH_NEEDS = LONGEST_NAMESPACE - len("cloudwatch-exporter-")
"""Characters in the name of a service that has needs: a Kubernetes Service may have as many as a namespace."""


class _Reached(SettingsPart):
    """What its exporter reaches at one port of one host."""

    addresses: Annotated[tuple[Cidr, ...], OnceEach] = Field(
        (), strict=False, description="where the name of its host leads (CIDRs); none: wherever that may be"
    )

    @property
    @abstractmethod
    def address(self) -> str:
        """Its host:port."""

    @model_validator(mode="after")
    def _addresses_of_a_name(self) -> Self:
        host = self.address.rpartition(":")[0]
        if self.addresses and (address_of(host) or service_namespace(host)):
            raise mismatch(f"`addresses` of {host}", "it left out, as that says where it is", "addresses")
        return self


class NeededPostgres(_Reached):
    """A PostgreSQL database; the password is the secret postgresPassword-<service>."""

    host: HostPort
    database: _Word = "postgres"
    user: _Word = Field("exporter", description="who has the role pg_monitor")
    ssl_mode: Literal["disable", "require", "verify-ca", "verify-full"] = Field("verify-full", alias="sslMode")
    ca: Pem | None = Field(None, description="the certificates (PEM) that sign its own, where they aren't public ones")

    @property
    def address(self) -> str:
        """Its host:port."""
        return self.host


class NeededRedis(_Reached):
    """A Redis; the password is the secret redisPassword-<service>."""

    host: HostPort
    user: _Word | None = None
    password: bool = Field(True, description="whether it wants one")
    tls: bool = True
    ca: Pem | None = Field(None, description="the certificates (PEM) that sign its own, where they aren't public ones")

    @property
    def address(self) -> str:
        """Its host:port."""
        return self.host


class NeededRds(SettingsPart):
    """An instance of RDS, of which CloudWatch tells; what lets the exporter read it is the secret
    awsCredentials-<service>, or else the identity by which Amazon knows its account or its nodes."""

    instance: _InstanceName
    region: Region
    credentials: bool = Field(False, description="whether the secret lets it read CloudWatch")
    identity: Mapping[AnnotationKey, Line] = Field(
        default_factory=dict, description="annotations of its account, such as eks.amazonaws.com/role-arn"
    )


class NeededJson(_Reached):
    """An endpoint that answers in JSON."""

    url: Url
    token: bool = Field(False, description="whether it wants a bearer token (secret jsonToken-<service>)")

    @property
    def address(self) -> str:
        """Its host:port."""
        return host_port(self.url)

    @model_validator(mode="after")
    def _token_is_not_in_the_clear(self) -> Self:
        if self.token and can_be_read(self.url):
            raise mismatch("http://", "https://, as the token can be read on its way", "url")
        return self


Needed = NeededPostgres | NeededRedis | NeededRds | NeededJson


class Needs(SettingsPart):
    """Where a service's needs are, by what its SLO file calls them."""

    postgres: NeededPostgres | None = None
    redis: NeededRedis | None = None
    rds: NeededRds | None = None
    json_: NeededJson | None = Field(None, alias="json")

    @property
    def all(self) -> Mapping[str, Needed]:
        """Those that are there."""
        found = {"postgres": self.postgres, "redis": self.redis, "rds": self.rds, "json": self.json_}
        return {need: facts for need, facts in found.items() if facts}
