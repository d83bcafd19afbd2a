"""Alerts on causes and saturation, and the log lines that they count."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from slostack import names
from slostack.spec.alerting import Severity
from slostack.spec.fields import (
    AlertName,
    Cause,
    LabelName,
    LogQuery,
    Name,
    Renotify,
    Runbook,
    Text,
)
from slostack.spec.part import Part
from slostack.spec.quantities import Duration, PromQL, mismatch


class Alert(Part):
    """A threshold alert on a cause or on saturation."""

    name: AlertName = Field(description="A CamelCase name, unique in the service.")
    expr: PromQL = Field(description="A PromQL expression; the alert fires while it returns something.")
    for_: Duration | None = Field(None, alias="for", description="How long it must hold before it fires.")
    keep_firing_for: Duration | None = Field(
        None, description="How long it goes on firing once it holds no longer: what comes and goes is one alert."
    )
    severity: Severity = Field(
        description="How soon someone responds: critical in 5 min, high in 30 min, medium in 4 h, low the next day."
    )
    summary: Text = Field(description="One line that says what is wrong; Prometheus' templates work.")
    description: Text | None = Field(None, description="What it means and what to look at first.")
    runbook: Runbook = Field(description="A Markdown file below runbooks/.")
    silenced_by: tuple[Cause, ...] = Field(
        (),
        strict=False,
        description="Alerts of the service, or `ErrorBudgetBurn <slo>`, that tell the cause: while one fires, and "
        "as long after as this looks back, it doesn't begin.",
    )
    renotify: Renotify | None = Field(
        None, description="After what time it is notified again while it fires; by default as its severity says."
    )
    notice: bool = Field(
        False, description="Whether it is only to be known, such as a deployment: of severity low, and in Slack too."
    )

    @model_validator(mode="after")
    def _notices_are_low(self) -> Self:
        if self.notice and self.severity != "low":
            raise mismatch(f"{self.severity} of a notice", "low, or no `notice`", "severity")
        return self


class LogCount(Part):
    """Log lines that Loki counts every minute, for alerts and graphs to read."""

    name: Name = Field(description="Unique in the service; the label `count` of the series `log:lines:count`.")
    query: LogQuery = Field(description="A LogQL log query, without a range.")
    by: tuple[LabelName, ...] = Field((), strict=False, description="Labels that the query yields, to count apart by.")
    window: Duration = Field(Duration(300), description="The time in which lines count, at most 1h.")
    at_least: int = Field(1, ge=1, description="Label sets with fewer lines have no series.")

    @model_validator(mode="after")
    def _short(self) -> Self:
        if not 60 <= self.window.seconds <= 3600 or self.window.seconds % 60:
            raise mismatch(f"{self.window}", "whole minutes, at most 1h", "window")
        return self

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if names.COUNT in self.by:
            expected = "another label; that one has the name of the count (`| label_format` renames the query's)"
            raise mismatch(repr(names.COUNT), expected, "by")
        return self
