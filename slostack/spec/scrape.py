"""What is scraped and probed, and how often."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from slostack.spec.fields import (
    JobName,
    Name,
    Regex,
    Status,
    UrlPath,
)
from slostack.spec.part import Part
from slostack.spec.quantities import Duration, mismatch
from slostack.spec.signal_values import Size

MOST_SCRAPE_INTERVAL = Duration(75)
"""A quarter of the shortest window (5m): a rate needs four scrapes in its window to survive a failed one."""


def _check_timeout(what: str, interval: Duration, timeout: Duration) -> None:
    if timeout > interval:
        raise mismatch(f"{timeout}", f"a timeout no longer than the {what} interval ({interval})", "timeout")


class Scrape(Part):
    """One job that Prometheus scrapes. Its targets (host names and ports) come from the stack's config."""

    job: JobName = Field(description="The value of the `job` label.")
    path: UrlPath = Field("/metrics", description="The metrics endpoint.")
    interval: Duration = Field(Duration(15), description="Time between scrapes.")
    timeout: Duration = Field(Duration(10), description="A scrape that takes longer has failed.")

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        if self.interval > MOST_SCRAPE_INTERVAL:
            expected = f"at most {MOST_SCRAPE_INTERVAL}, so that the shortest window (5m) holds four scrapes"
            raise mismatch(f"{self.interval}", expected, "interval")
        _check_timeout("scrape", self.interval, self.timeout)
        return self


_OF_HTTP = ("path", "status", "body_limit", "body_has", "body_lacks")
"""What is said of a probe by HTTP alone."""


def _of_its_kind(schema: dict[str, Any]) -> None:
    schema["if"] = {"properties": {"kind": {"enum": ["tls", "tcp"]}}, "required": ["kind"]}
    schema["then"] = {"not": {"anyOf": [{"required": [key]} for key in _OF_HTTP]}}
    schema["else"] = {"required": ["path"]}


class Probe(Part):
    """An endpoint asked from outside. Its host comes from the stack's config."""

    model_config = ConfigDict(json_schema_extra=_of_its_kind)

    name: Name = Field(description="A name, unique in the service.")
    kind: Literal["http", "tls", "tcp"] = Field(
        "http",
        description="What has to succeed: a request by HTTP, a TLS handshake (with a valid certificate), a connection.",
    )
    path: UrlPath | None = Field(None, description="The path below the probed host.")
    interval: Duration = Field(Duration(60), description="Time between probes.")
    timeout: Duration = Field(Duration(10), description="A probe that takes longer has failed.")
    status: tuple[Status, ...] | None = Field(
        None,
        strict=False,
        min_length=1,
        description="The HTTP statuses of a good answer; by default any 2xx.",
        json_schema_extra={"uniqueItems": True},
    )
    body_limit: Size | None = Field(None, description="An answer with a larger body has failed.")
    body_has: Regex | None = Field(None, description="A regular expression that the body has to match somewhere.")
    body_lacks: Regex | None = Field(None, description="A regular expression that it may not match anywhere.")

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        _check_timeout("probe", self.interval, self.timeout)
        return self

    @model_validator(mode="after")
    def _as_its_kind(self) -> Self:
        if self.kind == "http":
            if self.path is None:
                raise mismatch("missing", "the path below the probed host", "path")
            if self.status and len({*self.status}) < len(self.status):
                raise mismatch("a status twice", "each once", "status")
        elif given := [key for key in _OF_HTTP if getattr(self, key) is not None]:
            raise mismatch(f"`{given[0]}` of a {self.kind} probe", "it of one by HTTP alone", given[0])
        return self

    @property
    def limits(self) -> bool:
        """Whether it asks more of an answer than a 2xx status."""
        return any(getattr(self, key) is not None for key in _OF_HTTP if key != "path")
