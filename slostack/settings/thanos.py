"""How metrics are kept in object storage, and read of one cluster or of several, by Thanos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from slostack.settings.bucket import Bucket
from slostack.settings.part import Cidr, HostPort, Namespace, OnceEach, Pem, SettingsPart, Storage, mismatch
from slostack.spec.quantities import Duration

Replicas = Annotated[int, Field(ge=1, le=9)]
_DAY = 86400
_DOWNSAMPLED = {"raw": Duration(40 * 3600), "fiveMinutes": Duration(10 * _DAY)}
"""The age at which Thanos makes the next coarser samples of each kind: before that it needs these."""


class ThanosBucket(Bucket):
    """The bucket for metrics. The file by which Thanos opens it is the secret thanosBucket, with its keys unless an
    identity lets Thanos in."""

    credentials: bool = Field(True, description="whether that file has keys, in place of an identity")


class BlockRetention(SettingsPart):
    """How long samples are kept in the bucket: as they were scraped, and one of every five minutes and hour."""

    raw: Duration = Duration(400 * _DAY)
    five_minutes: Duration = Field(Duration(400 * _DAY), alias="fiveMinutes")
    hour: Duration = Duration(1830 * _DAY)

    @model_validator(mode="after")
    def _long_enough_for_the_coarser(self) -> Self:
        for key, kept in (("raw", self.raw), ("fiveMinutes", self.five_minutes)):
            if kept < _DOWNSAMPLED[key]:
                raise mismatch(str(kept), f"at least {_DOWNSAMPLED[key]}, when coarser samples are made of them", key)
        return self


class OtherCluster(SettingsPart):
    """How the Thanos query of another cluster is asked for its series."""

    host: HostPort = Field(description="where its gRPC is reached")
    tls: bool = True
    ca: Pem | None = Field(None, description="the certificates (PEM) that sign its own, where they aren't public ones")

    @model_validator(mode="after")
    def _signed_where_there_is_tls(self) -> Self:
        if self.ca and not self.tls:
            raise mismatch("`ca` with tls: false", "it left out", "ca")
        return self


class ThanosQuery(SettingsPart):
    """What Grafana and people ask."""

    replicas: Replicas = 1
    clusters: Mapping[Namespace, OtherCluster] = Field(
        default_factory=dict, description="other clusters that it asks as well, by name"
    )
    clients: Annotated[tuple[Cidr, ...], OnceEach] = Field(
        (), strict=False, description="where the queries of other clusters ask from (CIDRs)"
    )


class ThanosStore(SettingsPart):
    """What reads the bucket."""

    replicas: Replicas = 1
    storage: Storage = Field("10Gi", description="of each, for the heads of indexes; what is lost is made again")


class ThanosCompactor(SettingsPart):
    """What makes larger blocks of small ones, and coarser samples, and deletes old ones: one for each bucket."""

    storage: Storage = Field("100Gi", description="room to work in, for the largest blocks and what is made of them")


class ThanosSettings(SettingsPart):
    """Thanos; without a bucket there is none."""

    bucket: ThanosBucket | None = None
    retention: BlockRetention = Field(default_factory=BlockRetention)
    query: ThanosQuery = Field(default_factory=ThanosQuery)
    store: ThanosStore = Field(default_factory=ThanosStore)
    compactor: ThanosCompactor = Field(default_factory=ThanosCompactor)

    @model_validator(mode="after")
    def _has_a_bucket(self) -> Self:
        rest = (self.retention, self.query, self.store, self.compactor)
        if self.bucket is None and rest != (BlockRetention(), ThanosQuery(), ThanosStore(), ThanosCompactor()):
            raise mismatch("no `bucket`", "one where anything else of Thanos is set", "bucket")
        return self

    @property
    def enabled(self) -> bool:
        """Whether Thanos runs."""
        return self.bucket is not None
