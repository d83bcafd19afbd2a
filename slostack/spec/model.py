"""The SLO file's model: frozen, typed data that everything after loading can trust."""

from __future__ import annotations

import math
import re
from functools import cached_property
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from slostack import names
from slostack.spec.alerting import LEAST_FAILURES, Alerting, Severity
from slostack.spec.error_budget import ErrorBudgetPolicy
from slostack.spec.fields import (
    HIGHEST_OBJECTIVE,
    AlertName,
    AnnotationName,
    JobName,
    LabelName,
    LogQuery,
    Name,
    Objective,
    PlainText,
    Renotify,
    Runbook,
    ServiceName,
    Text,
    Url,
    UrlPath,
    with_annotation_names,
    with_label_names,
)
from slostack.spec.maintenance import Maintenance
from slostack.spec.part import Part
from slostack.spec.policy import Policy, Tier, policies
from slostack.spec.quantities import Duration, Matcher, PromQL, Selector, mismatch
from slostack.spec.readiness import Attestation, Category, CoverageRow, CoveredOrNone
from slostack.spec.signals import Signals
from slostack.spec.sli import Sli
from slostack.spec.source import shorten
from slostack.spec.windows import Window

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


class Slo(Part):
    """One objective: the share of good events over a window."""

    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"group_limit": ["group_by"]}})

    name: Name = Field(description="A name, unique in the service; part of every recorded series' identity.")
    description: PlainText = Field(description="What users get while it is met, in one sentence.")
    objective: Objective = Field(description=f"The percentage of good events, above 0 and at most {HIGHEST_OBJECTIVE}.")
    window: Window = Field(
        Duration(30 * 86400),
        description="The budget's window: rolling, 1h to 90d, or the calendar's week, month or quarter (UTC).",
    )
    sli: Sli = Field(description="How good events are told from bad ones.")
    group_by: tuple[LabelName, ...] = Field(
        (),
        strict=False,
        description="Labels of which each set of values has a budget and alerts of its own.",
        json_schema_extra={"uniqueItems": True},
    )
    group_limit: int = Field(20, ge=1, le=1000, description="How many sets of values of `group_by` are judged at most.")
    labels: dict[LabelName, PlainText] = Field(
        default_factory=dict,
        description="Labels of its alerts and of slo:info; history doesn't depend on them.",
        json_schema_extra=with_label_names,
    )
    page_labels: dict[LabelName, PlainText] = Field(
        default_factory=dict, description="Further labels of its pages alone.", json_schema_extra=with_label_names
    )
    ticket_labels: dict[LabelName, PlainText] = Field(
        default_factory=dict, description="Further labels of its tickets alone.", json_schema_extra=with_label_names
    )
    annotations: dict[AnnotationName, PlainText] = Field(
        default_factory=dict,
        description="Further annotations of its alerts, such as a link to a log search.",
        json_schema_extra=with_annotation_names,
    )
    maintenance: tuple[Maintenance, ...] = Field(
        (), strict=False, description="Times at which events neither burn budget nor alert."
    )
    alerting: Alerting = Field(default_factory=lambda: Alerting(), description="Which alerts it gets.")
    error_budget_policy: ErrorBudgetPolicy | None = Field(
        None, description="When its budget stops releases, instead of what the service's policy says."
    )
    runbook: Runbook = Field(description="A Markdown file below runbooks/.")

    @property
    def budget(self) -> float:
        """The error budget: the share of events that may be bad, 0 to 1."""
        return round((100 - self.objective) / 100, 12)

    @property
    def period(self) -> str:
        """Its window, to follow the word "over": `30d`, `a month`."""
        return f"{self.window}" if isinstance(self.window, Duration) else f"a {self.window}"

    @property
    def reach(self) -> Duration:
        """How far back its budget looks: its window, of a calendar one the longest."""
        return self.window if isinstance(self.window, Duration) else self.window.longest

    @property
    def policy(self) -> Policy:
        """The burn-rate policy it is alerted by."""
        return policies()[self.alerting.policy]

    def labels_of(self, kind: Literal["page", "ticket"]) -> dict[str, str]:
        """The labels of its pages or of its tickets."""
        return {**self.labels, **(self.page_labels if kind == "page" else self.ticket_labels)}

    def threshold(self, tier: Tier) -> float:
        """The error ratio above which a tier fires; above 1 it can't be reached."""
        return tier.burn * self.budget

    @cached_property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers that alert, over its own window, the most urgent first."""
        return tuple(tier for tier in self._asked if not self._is_left_out(tier))

    @cached_property
    def _asked(self) -> tuple[Tier, ...]:
        return tuple(tier for tier in self.policy.tiers_for(self.window) if self.alerting.severity(tier))

    def _is_left_out(self, tier: Tier) -> bool:
        too_few = self._most_failures(tier) < self.least_failures_of(tier)
        return (too_few and not self.alerting.least_failures) or (
            tier.optional and (too_few or self.threshold(tier) >= 1)
        )

    def _most_failures(self, tier: Tier) -> float:
        """How many bad events there can be in a tier's long window, where it follows from the SLI."""
        if slices := self.sli.slices:
            return tier.long.seconds // slices.length.seconds
        return tier.long.seconds if self.sli.queries and self.sli.queries.error_ratio else math.inf

    def least_failures_of(self, tier: Tier) -> int:
        """How many bad events a tier needs in its long window; by default no more than its kind's longest holds."""
        longest = max((other for other in self._asked if other.kind == tier.kind), key=lambda other: other.long)
        default = min(LEAST_FAILURES.get(self.sli.kind_name, 1), max(self._most_failures(longest), 1))
        return self.alerting.least_failures or int(default)

    @property
    def least_failures(self) -> int:
        """The most that any of its tiers needs."""
        return max((self.least_failures_of(tier) for tier in self.tiers), default=1)

    @property
    def pages(self) -> tuple[Tier, ...]:
        """Those of its tiers that page."""
        return tuple(tier for tier in self.tiers if tier.kind == "page")

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        for tier in self.tiers:
            if self.threshold(tier) >= 1:
                raise mismatch(
                    f"{self.objective:g}, at which {tier.name} ({tier.burn:g} times the budget) needs "
                    f"{self.threshold(tier):.1%} errors and can't be reached",
                    f"an objective above {100 - 100 / tier.burn:.2f} or `{tier.kind}: none`",
                    "objective",
                )
            if (most := self._most_failures(tier)) < (least := self.least_failures_of(tier)):
                what = f"{least}, more than {tier.name} can see ({most:g})"
                raise mismatch(what, f"at most {most:g} or `{tier.kind}: none`", "alerting", "least_failures")
        missing = {tier.kind for tier in self._asked} - {tier.kind for tier in self.tiers}
        if self.sli.slices and missing:
            longest = max(tier.long for tier in self._asked if tier.kind in missing)
            what = f"{self.sli.slices.length}, longer than any window of a {min(missing)} ({longest})"
            expected = f"slices of at most {longest}, a longer `window` or `{min(missing)}: none`"
            raise mismatch(what, expected, "sli", "slices", "length")
        return self

    @model_validator(mode="after")
    def _groups(self) -> Self:
        if "group_limit" in self.model_fields_set and not self.group_by:
            raise mismatch(f"{self.group_limit} without `group_by`", "`group_by` beside it", "group_limit")
        if repeated := [label for i, label in enumerate(self.group_by) if label in self.group_by[:i]]:
            raise mismatch(f"{repeated[0]!r} twice", "each label once", "group_by")
        for label in self.group_by:
            if text := next((text for text in self.sli.asked if text.loses(label)), None):
                what = f"{label!r}, which {shorten(repr(str(text)))} drops"
                raise mismatch(what, f"a query that keeps it, such as sum by ({label}) (...)", "group_by")
            if label in self.sli.told_apart_by:
                what = (
                    f"{label!r}, which tells bad events from good ones: each of its values would be all bad or all good"
                )
                raise mismatch(what, "a label that both have", "group_by")
        for key in ("labels", "page_labels", "ticket_labels"):
            for label in getattr(self, key):
                if label in self.group_by:
                    raise mismatch(f"{label!r}, by which it is grouped", "another label", key)
        return self


class Alert(Part):
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
    silenced_by: tuple[AlertName, ...] = Field(
        (),
        strict=False,
        description="Alerts of the service that tell the cause: while one fires, nobody hears of this.",
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


class PanelLine(Part):
    """A line of a graph, or one for each series that its expression returns."""

    expr: PromQL = Field(description="A PromQL expression.")
    legend: Text = Field(description="What the line is called; `{{label}}` is replaced by the label's value.")


class Panel(Part):
    """A graph on the service's dashboard."""

    title: PlainText = Field(description="Unique in the service.")
    description: PlainText | None = Field(None, description="What it shows, and what is good or bad about it.")
    unit: Literal["short", "percentunit", "s", "decbytes", "Bps", "ops", "reqps", "currencyUSD"] = Field(
        "short", description="The Grafana unit of its values."
    )
    lines: tuple[PanelLine, ...] = Field(strict=False, min_length=1, description="What it draws.")


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


class Notify(Part):
    """By which channels people hear of a service's alerts, of those that its team has; email is always on."""

    slack: bool = Field(True, description="Whether they go to Slack.")
    pagerduty: bool = Field(True, description="Whether critical ones go to PagerDuty.")
    sms: bool = Field(True, description="Whether critical ones go to the team's lead as text messages.")

    @property
    def off(self) -> frozenset[str]:
        """The channels that are off."""
        return frozenset(channel for channel, on in self if not on)


def _one_of(jobs: list[str]) -> Matcher:
    return Matcher("job", "=", jobs[0]) if len(jobs) == 1 else Matcher("job", "=~", "|".join(map(re.escape, jobs)))


class Service(Part):
    """One service: all that slos/<service>.yaml says."""

    service: ServiceName = Field(description="The service's name; the file is named after it.")
    description: Text = Field(description="What it is, in one sentence.")
    team: Name = Field(description="The owner team; alerts are routed by it.")
    notify: Notify = Field(default_factory=Notify, description="The channels that are off for its alerts.")
    links: dict[Text, Url] = Field(default_factory=dict, description="Named links, shown on the dashboard.")
    scrape: tuple[Scrape, ...] = Field((), strict=False, description="What Prometheus scrapes.")
    slos: tuple[Slo, ...] = Field(strict=False, min_length=1, description="Its service level objectives, at least one.")
    error_budget_policy: ErrorBudgetPolicy = Field(
        default_factory=lambda: ErrorBudgetPolicy(), description="When a budget stops releases."
    )
    signals: Signals = Field(
        default_factory=Signals, description="Alerts and panels of the library that are switched on, by its names."
    )
    log_counts: tuple[LogCount, ...] = Field((), strict=False, description="Log lines that are counted for alerts.")
    alerts: tuple[Alert, ...] = Field((), strict=False, description="Threshold alerts for causes and saturation.")
    panels: tuple[Panel, ...] = Field((), strict=False, description="Graphs of its own on its dashboard.")
    probes: tuple[Probe, ...] = Field((), strict=False, description="Endpoints asked from outside.")
    attested: dict[Category, Attestation] = Field(
        default_factory=dict, description="By category of `slostack audit`: what no query can show."
    )
    coverage: dict[CoverageRow, CoveredOrNone] = Field(
        default_factory=dict,
        description="By row of `slostack audit`: what it is here, or none where the service has no such part.",
    )

    def error_budget_policy_of(self, slo: Slo) -> ErrorBudgetPolicy:
        """The policy by which one of its SLOs stops releases: the SLO's own, or the service's."""
        return slo.error_budget_policy or self.error_budget_policy

    @property
    def job_matcher(self) -> Matcher:
        """The matcher of its scrape jobs."""
        return _one_of([scrape.job for scrape in self.scrape] or [self.service])

    @property
    def probe_matcher(self) -> Matcher:
        """The matcher of its probes' jobs."""
        return _one_of([names.probe_job(self.service, probe.name) for probe in self.probes] or [self.service])

    @property
    def scrape_interval(self) -> Duration:
        """The longest interval at which a series of the service is scraped."""
        return max((job.interval for job in self.scrape), default=Duration(15))

    def intervals_of(self, gauge: Selector) -> tuple[Duration, ...]:
        """How often the series of a selector are scraped: by the jobs and probes that it selects, else as the service
        is; the longest first."""
        jobs = {} if gauge.metric.startswith("probe_") else {job.job: job.interval for job in self.scrape}
        if gauge.metric == "up" or gauge.metric.startswith("probe_"):
            jobs |= {names.probe_job(self.service, probe.name): probe.interval for probe in self.probes}
        of_job = [matcher for matcher in gauge.matchers if matcher.label == "job"]
        found = {interval for job, interval in jobs.items() if all(matcher.selects(job) for matcher in of_job)}
        return tuple(sorted(found, reverse=True)) or (self.scrape_interval,)

    def interval_of(self, gauge: Selector) -> Duration:
        """The longest of them."""
        return self.intervals_of(gauge)[0]

    @property
    def scrape_timeout(self) -> Duration:
        """The longest time that a scrape of the service may take."""
        return max((job.timeout for job in self.scrape), default=Duration(10))

    @model_validator(mode="after")
    def _frequent_enough(self) -> Self:
        for index, slo in enumerate(self.slos):
            gauge, slices = slo.sli.uptime, slo.sli.slices
            if gauge and len(intervals := self.intervals_of(gauge)) > 1:
                what = f"{gauge}, scraped every {' and every '.join(map(str, intervals))}"
                expected = "gauges that are all scraped as often: name one `job`, or scrape each as often"
                raise mismatch(what, expected, "slos", index, "sli", "uptime")
            if gauge and (interval := self.interval_of(gauge)) > MOST_SCRAPE_INTERVAL:
                expected = f"gauges scraped at least every {MOST_SCRAPE_INTERVAL}, so that 5m hold four samples"
                raise mismatch(f"{gauge}, scraped every {interval}", expected, "slos", index, "sli", "uptime")
            if (
                slices
                and slices.source
                and 4 * (interval := self.interval_of(slices.source)).seconds > slices.length.seconds
            ):
                expected = f"slices that hold four scrapes, every {interval}"
                raise mismatch(f"{slices.length}", expected, "slos", index, "sli", "slices", "length")
        return self
