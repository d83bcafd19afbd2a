"""What is scraped and probed, and how often."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from slostack.spec.fields import (
    JobName,
    Name,
    UrlPath,
)
from slostack.spec.part import Part
from slostack.spec.quantities import Duration, mismatch

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


class Probe(Part):
    """An endpoint asked from outside. Its host comes from the stack's config."""

    name: Name = Field(description="A name, unique in the service.")
    path: UrlPath = Field(description="The path below the probed host.")
    interval: Duration = Field(Duration(60), description="Time between probes.")
    timeout: Duration = Field(Duration(10), description="A probe that takes longer has failed.")

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        _check_timeout("probe", self.interval, self.timeout)
        return self
