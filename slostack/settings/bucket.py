"""Buckets in object storage, which what outlives a server's volume is kept in and which its replicas share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from slostack.settings.part import AnnotationKey, HostPort, SettingsPart, mismatch, written

BucketName = Annotated[str, written(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", "a bucket's name, such as acme-logs")]
Region = Annotated[str, written(r"[a-z0-9-]{1,63}", "a region such as eu-central-1")]
Account = Annotated[str, written(r"[a-z0-9]{3,24}", "a storage account's name: 3 to 24 lower-case letters and digits")]


class Bucket(SettingsPart):
    """A bucket, and where it answers."""

    type: Literal["s3", "gcs", "azure"]
    host: HostPort | None = Field(
        None,
        description="where it answers, unless that is port 443 outside of the cluster, such as minio.minio.svc:9000",
    )
    credentials: bool = Field(False, description="whether a secret lets its servers in, in place of an identity")
    identity: Mapping[AnnotationKey, str] = Field(
        default_factory=dict,
        description="annotations of its servers' accounts by which the cloud knows them, such as "
        "eks.amazonaws.com/role-arn; none: the identity of their nodes",
    )

    @model_validator(mode="after")
    def _is_opened_one_way(self) -> Self:
        if self.credentials and self.identity:
            raise mismatch("`credentials` beside `identity`", "the one or the other", "credentials")
        return self


class LogBucket(Bucket):
    """A bucket for logs, and what lets Loki in: the secret lokiBucket, or else the identity by which the cloud knows
    Loki's account or its nodes."""

    name: BucketName = Field(description="with azure that of the container")
    region: Region | None = Field(None, description="with s3")
    tls: bool = Field(True, description="whether `host` speaks it")
    account: Account | None = Field(None, description="with azure: the storage account")

    @model_validator(mode="after")
    def _has_what_its_type_needs(self) -> Self:
        if self.type == "s3" and not self.region:
            raise mismatch("no region", "the bucket's; us-east-1 where what speaks like S3 knows none", "region")
        if self.type == "azure" and not self.account:
            raise mismatch("no account", "the storage account that has the container", "account")
        idle = {"s3": {"account"}, "gcs": {"account", "host", "region", "tls"}, "azure": {"host", "region", "tls"}}
        for key in sorted(idle[self.type] & self.model_fields_set):
            raise mismatch(f"`{key}` with type {self.type}", "it left out", key)
        if not (self.tls or self.host):
            raise mismatch("`tls: false` without `host`", "the host that speaks no TLS, or it left out", "tls")
        if self.credentials and self.type == "azure":
            raise mismatch("`credentials` beside type azure", "the one or the other", "credentials")
        return self
