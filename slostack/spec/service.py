"""The SLO file's model: frozen, typed data that everything after loading can trust."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Self

from pydantic import Field, model_validator

from slostack import names
from slostack.spec.alert import Alert, LogCount
from slostack.spec.error_budget import ErrorBudgetPolicy
from slostack.spec.fields import (
    Name,
    ServiceName,
    Text,
    Url,
    burn_runbook,
)
from slostack.spec.needs import JsonMetric, Need, need_job
from slostack.spec.panel import Panel
from slostack.spec.part import Part
from slostack.spec.quantities import Duration, Matcher, Selector, mismatch
from slostack.spec.readiness import Attestation, Category, CoverageRow, CoveredOrNone
from slostack.spec.scrape import MOST_SCRAPE_INTERVAL, Probe, Scrape
from slostack.spec.signals import Signals, SwitchedOn
from slostack.spec.slo import Slo


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
    needs: tuple[Need, ...] = Field(
        (), strict=False, description="What it needs that is managed elsewhere, and that an exporter looks at."
    )
    json_metrics: tuple[JsonMetric, ...] = Field(
        (), strict=False, description="Numbers in what its JSON endpoint answers, where it needs `json`."
    )
    slos: tuple[Slo, ...] = Field(strict=False, min_length=1, description="Its service level objectives, at least one.")
    error_budget_policy: ErrorBudgetPolicy = Field(
        default_factory=lambda: ErrorBudgetPolicy(), description="When a budget stops releases."
    )
    signals: SwitchedOn = Field(
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
    def own_job_matcher(self) -> Matcher:
        """The matcher of the first of them: of the service itself, whatever else is scraped of it."""
        return _one_of([scrape.job for scrape in self.scrape[:1]] or [self.service])

    def jobs_beside(self, jobs: Sequence[Matcher]) -> Matcher | None:
        """The matcher of those that others don't select, if any: of exporters, workers and the like."""
        every = [*(scrape.job for scrape in self.scrape), *(need_job(self.service, need) for need in self.needs)]
        others = [each for each in every if not any(job.selects(each) for job in jobs)]
        return _one_of(others) if others else None

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

    @model_validator(mode="before")
    @classmethod
    def _with_runbooks(cls, data: Any) -> Any:
        """The SLOs that name no runbook get the service's."""
        slos, service = (data.get("slos"), data.get("service")) if isinstance(data, dict) else (None, None)
        if not isinstance(slos, list) or not isinstance(service, str):
            return data
        default = {"runbook": burn_runbook(service)}
        return {**data, "slos": [{**default, **slo} if isinstance(slo, dict) else slo for slo in slos]}

    @model_validator(mode="after")
    def _needs_each_once(self) -> Self:
        for index, need in enumerate(self.needs):
            if need in self.needs[:index]:
                raise mismatch(f"{need!r} again", "each once", "needs", index)
        if bool(self.json_metrics) != ("json" in self.needs):
            found, expected = (
                ("`json` without `json_metrics`", "one at least")
                if "json" in self.needs
                else ("`json_metrics` without the need", "`needs: [json]` beside them")
            )
            raise mismatch(found, expected, "json_metrics" if self.json_metrics else "needs")
        return self

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
