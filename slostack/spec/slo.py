"""A service level objective: what is promised, how it is judged, and when somebody hears of it."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from slostack.spec.alerting import LEAST_FAILURES, Alerting
from slostack.spec.error_budget import ErrorBudgetPolicy
from slostack.spec.fields import (
    HIGHEST_OBJECTIVE,
    AnnotationName,
    LabelName,
    Name,
    Objective,
    PlainText,
    Runbook,
    with_annotation_names,
    with_label_names,
)
from slostack.spec.maintenance import BETWEEN, Maintenance, never_over
from slostack.spec.part import Part
from slostack.spec.policy import Policy, Tier
from slostack.spec.quantities import Duration, mismatch
from slostack.spec.sli import Sli
from slostack.spec.source import shorten
from slostack.spec.windows import Window


def _as_written(schema: dict[str, Any]) -> None:
    """What the JSON Schema of an SLO says beyond its fields: its file's service gives it a runbook."""
    schema["dependentRequired"] = {"group_limit": ["group_by"]}
    schema["required"].remove("runbook")


class Slo(Part):
    """One objective: the share of good events over a window."""

    model_config = ConfigDict(json_schema_extra=_as_written)

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
    runbook: Runbook = Field(
        description="A Markdown file below runbooks/; unless said otherwise <service>/error-budget-burn.md."
    )

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
        return self.alerting.policy

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
        if (spent := self.alerting.spent) and spent.share > (most := 100 / self.budget):
            what = f"{spent.share:g} %, which {self.objective:g} % leaves no errors for"
            raise mismatch(what, f"at most {most:.6g}, when all events were bad", "alerting", "spent", "share")
        missing = {tier.kind for tier in self._asked} - {tier.kind for tier in self.tiers}
        if self.sli.slices and missing:
            longest = max(tier.long for tier in self._asked if tier.kind in missing)
            what = f"{self.sli.slices.length}, longer than any window of a {min(missing)} ({longest})"
            expected = f"slices of at most {longest}, a longer `window` or `{min(missing)}: none`"
            raise mismatch(what, expected, "sli", "slices", "length")
        return self

    @model_validator(mode="after")
    def _judged_at_times(self) -> Self:
        if self.maintenance and never_over(self.maintenance, BETWEEN):
            found = f"times that leave no {BETWEEN.seconds // 60} minutes between them"
            raise mismatch(found, "some, in which events are counted", "maintenance")
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
