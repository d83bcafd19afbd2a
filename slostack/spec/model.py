"""The SLO file's model: frozen, typed data that everything after loading can trust."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AnyUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from slostack.spec.policy import Policy, Tier, policies
from slostack.spec.quantities import Duration, Matcher, PromQL, Selector, WindowedPromQL, mismatch

Severity = Literal["critical", "high", "medium", "low"]
SeverityOrNone = Literal["critical", "high", "medium", "low", "none"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=63)]
AlertName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=63)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

MOST_SCRAPE_INTERVAL = Duration(75)
"""A quarter of the shortest window (5m): a rate needs four scrapes in its window to survive a failed one."""


def _existing_runbook(value: str, info: ValidationInfo) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or path.suffix != ".md":
        raise mismatch(f"{value!r}", "a Markdown file below runbooks/, such as api/service-down.md")
    folder = (info.context or {}).get("runbooks")
    if folder is not None and not (folder / path).is_file():
        raise mismatch(f"no file runbooks/{value}", "an existing runbook (Markdown) below runbooks/")
    return value


def _url(value: str) -> str:
    url = AnyUrl(value)
    if url.scheme not in ("http", "https"):
        raise mismatch(f"{value!r}", "an http or https URL")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 < value < float("inf"):
            raise mismatch(f"{value}", "a positive bucket bound")
        return float(value)
    if isinstance(value, str):
        return float(Duration.parse(value).seconds)
    raise mismatch(f"{value!r}", "seconds (0.2) or a duration (60s)")


def _objective(value: float) -> float:
    if not 0 < value < 100:
        raise mismatch(f"{value:g}", "a percentage above 0 and below 100, such as 99.9")
    return value


def _window(value: Duration) -> Duration:
    if not Duration(7 * 86400) <= value <= Duration(90 * 86400):
        raise mismatch(f"{value}", "a window from 7d to 90d")
    return value


Runbook = Annotated[str, AfterValidator(_existing_runbook)]
Url = Annotated[str, AfterValidator(_url)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Scrape(_Part):
    """One job that Prometheus scrapes. Its targets (host names and ports) come from the stack's config."""

    job: Text = Field(description="The value of the `job` label.")
    path: Annotated[str, StringConstraints(pattern=r"^/\S*$")] = Field("/metrics", description="The metrics endpoint.")
    interval: Duration = Field(Duration(15), description="Time between scrapes.")
    timeout: Duration = Field(Duration(10), description="A scrape that takes longer has failed.")

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if self.interval > MOST_SCRAPE_INTERVAL:
            raise mismatch(
                f"a scrape interval of {self.interval}",
                f"at most {MOST_SCRAPE_INTERVAL}, so that the shortest window (5m) holds four scrapes",
            )
        if self.timeout > self.interval:
            raise mismatch(f"a timeout of {self.timeout}", f"one no longer than the interval ({self.interval})")
        return self


class EventRatio(_Part):
    """Bad (or good) events over all events, from counters. Selectors only: the generator writes the rates."""

    bad: Selector | None = Field(None, description="Selects the counters of bad events.")
    good: Selector | None = Field(None, description="Selects the counters of good events, in place of `bad`.")
    total: Selector = Field(description="Selects the counters of all events.")

    @model_validator(mode="after")
    def _one_of_bad_and_good(self) -> Self:
        if (self.bad is None) == (self.good is None):
            raise mismatch("both `bad` and `good`" if self.bad else "neither `bad` nor `good`", "one of the two")
        return self


class LatencyRatio(_Part):
    """Events faster than a threshold over all events, from a classic histogram."""

    histogram: Selector = Field(description="The histogram's name (without _bucket) and matchers.")
    threshold: Annotated[
        float, BeforeValidator(_seconds), WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}]})
    ] = Field(description="A bucket bound, in seconds (0.2) or as a duration (60s); slower events are bad.")

    @model_validator(mode="after")
    def _histogram_and_bound(self) -> Self:
        name = self.histogram.metric
        for suffix in ("_bucket", "_count", "_sum"):
            if name.endswith(suffix):
                raise mismatch(f"the histogram {name!r}", f"its base name {name.removesuffix(suffix)!r}")
        if any(matcher.label == "le" for matcher in self.histogram.matchers):
            raise mismatch("a matcher on `le`", "the bound as `threshold`")
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

    events: EventRatio | None = Field(None, description="A ratio of counters.")
    latency: LatencyRatio | None = Field(None, description="A classic histogram and a threshold.")
    queries: QueryRatio | None = Field(None, description="PromQL with a $window placeholder.")
    up: Selector | None = Field(
        None,
        description="0/1 gauges of what answers (`up` or `probe_success`): while none is 1, the traffic of the hour "
        "before counts as failed.",
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

    policy: str = Field("google", description="A burn-rate policy of slostack/policies/.")
    page: SeverityOrNone = Field("critical", description="The severity of a fast burn; none: no such alert.")
    ticket: SeverityOrNone = Field("medium", description="The severity of a slow burn; none: no such alert.")

    @model_validator(mode="after")
    def _known_policy(self) -> Self:
        if self.policy not in policies():
            raise mismatch(f"policy {self.policy!r}", f"one of {', '.join(policies())}")
        return self

    def severity(self, tier: Tier) -> Severity | None:
        """The severity of a tier's alert; None where its kind is switched off."""
        severity = self.page if tier.kind == "page" else self.ticket
        return None if severity == "none" else severity


class Slo(_Part):
    """One objective: the share of good events over a rolling window."""

    name: Name = Field(description="Unique in the service; part of every recorded series' identity.")
    description: Text = Field(description="What users get while it is met, in one sentence.")
    objective: Annotated[float, AfterValidator(_objective)] = Field(
        description="Percent of good events, above 0 and below 100."
    )
    window: Annotated[Duration, AfterValidator(_window)] = Field(
        Duration(30 * 86400), description="The rolling window of the error budget, 7d to 90d."
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
                    f"objective {self.objective:g} with {tier.name} at {burn:g} times the budget needs "
                    f"{self.threshold(tier):.0%} errors, which can't be reached",
                    f"an objective above {100 - 100 / burn:.2f}, another policy or `{tier.kind}: none`",
                )
        return self


class Alert(_Part):
    """A threshold alert on a cause or on saturation."""

    name: AlertName = Field(description="CamelCase, unique in the service.")
    expr: PromQL = Field(description="Fires while it returns something.")
    for_: Duration | None = Field(None, alias="for", description="How long it must hold before it fires.")
    severity: Severity = Field(
        description="critical pages within 5 min; high 30 min; medium 4 h; low the next business day."
    )
    summary: Text = Field(description="One line that says what is wrong; Prometheus' templates work.")
    description: Text | None = Field(None, description="What it means and what to look at first.")
    runbook: Runbook = Field(description="A Markdown file below runbooks/.")


class Probe(_Part):
    """An endpoint asked from outside. Its host comes from the stack's config."""

    name: Name = Field(description="Unique in the service.")
    path: Annotated[str, StringConstraints(pattern=r"^/\S*$")] = Field(description="The path below the probed host.")
    interval: Duration = Field(Duration(60), description="Time between probes.")
    timeout: Duration = Field(Duration(10), description="A probe that takes longer has failed.")


class Service(_Part):
    """One service: all that slos/<service>.yaml says."""

    service: Name = Field(description="The service's name; the file is named after it.")
    description: Text = Field(description="What it is, in one sentence.")
    team: Name = Field(description="The owner team; alerts are routed by it.")
    links: dict[str, Url] = Field(default_factory=dict, description="Named links, shown on the dashboard.")
    scrape: tuple[Scrape, ...] = Field((), strict=False, description="What Prometheus scrapes.")
    slos: tuple[Slo, ...] = Field(strict=False, min_length=1, description="Service level objectives.")
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


def slo_file_schema() -> dict[str, Any]:
    """The JSON Schema of an SLO file."""
    schema = Service.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema
