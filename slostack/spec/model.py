"""The SLO file's model: frozen, typed data that everything after loading can trust."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from slostack.spec.fields import (
    HIGHEST_OBJECTIVE,
    AlertName,
    JobName,
    Name,
    Objective,
    PlainText,
    Runbook,
    Seconds,
    ServiceName,
    Text,
    Url,
    UrlPath,
    Window,
)
from slostack.spec.policy import Policy, Tier, policies
from slostack.spec.quantities import Duration, Matcher, PromQL, Selector, WindowedPromQL, mismatch
from slostack.spec.source import describe

Severity = Literal["critical", "high", "medium", "low"]
SeverityOrNone = Literal["critical", "high", "medium", "low", "none"]

MOST_SCRAPE_INTERVAL = Duration(75)
"""A quarter of the shortest window (5m): a rate needs four scrapes in its window to survive a failed one."""


def _check_timeout(what: str, interval: Duration, timeout: Duration) -> None:
    if timeout > interval:
        raise mismatch(f"{timeout}", f"a timeout no longer than the {what} interval ({interval})", key="timeout")


def _one_of(*keys: str) -> dict[str, Any]:
    return {"oneOf": [{"required": [key]} for key in keys]}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Scrape(_Part):
    """One job that Prometheus scrapes. Its targets (host names and ports) come from the stack's config."""

    job: JobName = Field(description="The value of the `job` label.")
    path: UrlPath = Field("/metrics", description="The metrics endpoint.")
    interval: Duration = Field(Duration(15), description="Time between scrapes.")
    timeout: Duration = Field(Duration(10), description="A scrape that takes longer has failed.")

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        if self.interval > MOST_SCRAPE_INTERVAL:
            expected = f"at most {MOST_SCRAPE_INTERVAL}, so that the shortest window (5m) holds four scrapes"
            raise mismatch(f"{self.interval}", expected, key="interval")
        _check_timeout("scrape", self.interval, self.timeout)
        return self


class EventRatio(_Part):
    """Bad (or good) events over all events, from counters. Selectors only: the generator writes the rates."""

    model_config = ConfigDict(json_schema_extra=_one_of("bad", "good"))

    bad: Selector | None = Field(None, description="A selector of the counters of bad events.")
    good: Selector | None = Field(None, description="A selector of the counters of good events, in place of `bad`.")
    total: Selector = Field(description="A selector of the counters of all events.")

    @model_validator(mode="after")
    def _one_of_bad_and_good(self) -> Self:
        if (self.bad is None) == (self.good is None):
            raise mismatch("both `bad` and `good`" if self.bad else "neither `bad` nor `good`", "one of the two")
        return self


class LatencyRatio(_Part):
    """Events faster than a threshold over all events, from a classic histogram."""

    histogram: Selector = Field(
        description="The histogram's name (without _bucket) and matchers.",
        examples=['http_request_duration_seconds{job="api"}'],
    )
    threshold: Seconds = Field(
        description="A bucket bound, in seconds (0.2) or as a duration (60s); slower events are bad."
    )

    @model_validator(mode="after")
    def _histogram_and_bound(self) -> Self:
        name = self.histogram.metric
        for suffix in ("_bucket", "_count", "_sum"):
            if name.endswith(suffix):
                raise mismatch(f"{name!r}", f"the histogram's base name {name.removesuffix(suffix)!r}", key="histogram")
        if any(matcher.label == "le" for matcher in self.histogram.matchers):
            raise mismatch("a matcher on `le`", "the bound as `threshold`", key="histogram")
        return self

    @property
    def total(self) -> Selector:
        """The counter of all events."""
        return Selector(f"{self.histogram.metric}_count", self.histogram.matchers)

    @property
    def good(self) -> Selector:
        """The counter of fast events; matches the bound as any client or server writes it (`60`, `60.0`)."""
        bound = self.threshold
        le = (
            Matcher("le", "=~", f"{int(bound)}|{int(bound)}[.]0")
            if bound.is_integer()
            else Matcher("le", "=", repr(bound))
        )
        return Selector(f"{self.histogram.metric}_bucket", self.histogram.matchers).where(le)


class QueryRatio(_Part):
    """The way out for what selectors can't say: PromQL that counts bad and all events in `[$window]`."""

    bad: WindowedPromQL = Field(description="The number of bad events, such as sum(increase(x[$window])).")
    total: WindowedPromQL = Field(description="The number of all events, such as sum(increase(y[$window])).")


class Sli(_Part):
    """How good events are told from bad ones; exactly one kind."""

    model_config = ConfigDict(json_schema_extra=_one_of("events", "latency", "queries"))

    events: EventRatio | None = Field(None, description="A ratio of counters.")
    latency: LatencyRatio | None = Field(None, description="A classic histogram and a threshold.")
    queries: QueryRatio | None = Field(None, description="PromQL with a $window placeholder.")
    up: Selector | None = Field(
        None,
        description="0/1 gauges of what answers (`up` or `probe_success`): while none is 1, the traffic of the hour "
        "before counts as failed.",
        examples=['up{job="api"}'],
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [key for key in ("events", "latency", "queries") if getattr(self, key) is not None]
        if len(kinds) != 1:
            raise mismatch(" and ".join(kinds) or "no kind of SLI", "exactly one of events, latency, queries")
        return self

    @property
    def kind(self) -> EventRatio | LatencyRatio | QueryRatio:
        """The one kind that is set."""
        kind = self.events or self.latency or self.queries
        assert kind is not None
        return kind


class Alerting(_Part):
    """Which burn-rate alerts an SLO gets, and how severe they are."""

    policy: str = Field(
        "google", description="A burn-rate policy of slostack/policies/.", json_schema_extra={"enum": [*policies()]}
    )
    page: SeverityOrNone = Field("critical", description="The severity of a fast burn; none: no such alert.")
    ticket: SeverityOrNone = Field("medium", description="The severity of a slow burn; none: no such alert.")

    @model_validator(mode="after")
    def _known_policy(self) -> Self:
        if self.policy not in policies():
            raise mismatch(describe(self.policy), f"one of {', '.join(policies())}", key="policy")
        return self

    def severity(self, tier: Tier) -> Severity | None:
        """The severity of a tier's alert; None where its kind is switched off."""
        severity = self.page if tier.kind == "page" else self.ticket
        return None if severity == "none" else severity


class Slo(_Part):
    """One objective: the share of good events over a rolling window."""

    name: Name = Field(description="A name, unique in the service; part of every recorded series' identity.")
    description: PlainText = Field(description="What users get while it is met, in one sentence.")
    objective: Objective = Field(description=f"The percentage of good events, above 0 and at most {HIGHEST_OBJECTIVE}.")
    window: Window = Field(
        Duration(30 * 86400),
        description="The rolling window of the error budget, 7d to 90d.",
        examples=["7d", "28d", "30d", "90d"],
    )
    sli: Sli = Field(description="How good events are told from bad ones.")
    alerting: Alerting = Field(default_factory=lambda: Alerting(), description="Which burn-rate alerts it gets.")
    runbook: Runbook = Field(description="A Markdown file below runbooks/.")

    @property
    def budget(self) -> float:
        """The error budget: the share of events that may be bad, 0 to 1."""
        return round((100 - self.objective) / 100, 12)

    @property
    def policy(self) -> Policy:
        """The burn-rate policy it is alerted by."""
        return policies()[self.alerting.policy]

    def threshold(self, tier: Tier) -> float:
        """The error ratio above which a tier fires; above 1 it can't be reached."""
        return self.policy.burn(tier, self.window) * self.budget

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers that alert, the most urgent first."""
        return tuple(
            t for t in self.policy.tiers if self.alerting.severity(t) and not (t.optional and self.threshold(t) >= 1)
        )

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        for tier in self.tiers:
            if self.threshold(tier) >= 1:
                burn = self.policy.burn(tier, self.window)
                raise mismatch(
                    f"{self.objective:g}, at which {tier.name} ({burn:g} times the budget) needs "
                    f"{self.threshold(tier):.1%} errors and can't be reached",
                    f"an objective above {100 - 100 / burn:.2f}, another policy or `{tier.kind}: none`",
                    key="objective",
                )
        return self


class Alert(_Part):
    """A threshold alert on a cause or on saturation."""

    name: AlertName = Field(description="A CamelCase name, unique in the service.")
    expr: PromQL = Field(description="A PromQL expression; the alert fires while it returns something.")
    for_: Duration | None = Field(None, alias="for", description="How long it must hold before it fires.")
    severity: Severity = Field(
        description="How soon someone responds: critical in 5 min, high in 30 min, medium in 4 h, low the next day."
    )
    summary: Text = Field(description="One line that says what is wrong; Prometheus' templates work.")
    description: Text | None = Field(None, description="What it means and what to look at first.")
    runbook: Runbook = Field(description="A Markdown file below runbooks/.")


class Probe(_Part):
    """An endpoint asked from outside. Its host comes from the stack's config."""

    name: Name = Field(description="A name, unique in the service.")
    path: UrlPath = Field(description="The path below the probed host.")
    interval: Duration = Field(Duration(60), description="Time between probes.")
    timeout: Duration = Field(Duration(10), description="A probe that takes longer has failed.")

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        _check_timeout("probe", self.interval, self.timeout)
        return self


class Service(_Part):
    """One service: all that slos/<service>.yaml says."""

    service: ServiceName = Field(description="The service's name; the file is named after it.")
    description: Text = Field(description="What it is, in one sentence.")
    team: Name = Field(description="The owner team; alerts are routed by it.")
    links: dict[Text, Url] = Field(default_factory=dict, description="Named links, shown on the dashboard.")
    scrape: tuple[Scrape, ...] = Field((), strict=False, description="What Prometheus scrapes.")
    slos: tuple[Slo, ...] = Field(strict=False, min_length=1, description="Its service level objectives, at least one.")
    alerts: tuple[Alert, ...] = Field((), strict=False, description="Threshold alerts for causes and saturation.")
    probes: tuple[Probe, ...] = Field((), strict=False, description="Endpoints asked from outside.")

    @property
    def scrape_interval(self) -> Duration:
        """The longest interval at which a series of the service is scraped."""
        return max((job.interval for job in self.scrape), default=Duration(15))

    @property
    def scrape_timeout(self) -> Duration:
        """The longest time that a scrape of the service may take."""
        return max((job.timeout for job in self.scrape), default=Duration(10))
