"""Which alerts an SLO gets, and how severe they are."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from slostack.spec.fields import Cause
from slostack.spec.part import Part
from slostack.spec.policy import NamedPolicy, Tier, shipped_policies
from slostack.spec.quantities import Duration

Severity = Literal["critical", "high", "medium", "low"]
RESPONSE: dict[Severity, str] = {
    "critical": "within 5 min",
    "high": "within 30 min",
    "medium": "within 4 h",
    "low": "the next business day",
}
"""When somebody responds, by severity."""
SeverityOrNone = Literal["critical", "high", "medium", "low", "none"]
DEFAULT_POLICY = "google"
LEAST_FAILURES = {"events": 5, "latency": 5, "logs": 5, "uptime": 120, "slices": 2}
"""By the kind of SLI, how many bad events (of uptime seconds) alert, unless an SLO says otherwise: single ones are no
incident."""


class Absence(Part):
    """An alert while nothing is recorded for an SLO: its series are gone. An idle service is not absent."""

    for_: Duration = Field(Duration(600), alias="for", description="How long nothing may be recorded.")
    severity: Severity = Field("high", description="How soon someone responds.")


class Spent(Part):
    """An alert while a share of the error budget is spent."""

    share: float = Field(
        100.0,
        gt=0,
        le=1000,
        allow_inf_nan=False,
        description="The percentage of the budget at which it fires: 100 is all.",
    )
    severity: Severity = Field("medium", description="How soon someone responds.")


class Alerting(Part):
    """Which alerts an SLO gets, and how severe they are."""

    policy: NamedPolicy = Field(
        default_factory=lambda: shipped_policies()[DEFAULT_POLICY],
        description="A burn-rate policy: one that ships with slostack, or the name of a file in policies/.",
        json_schema_extra={"default": DEFAULT_POLICY},
    )
    page: SeverityOrNone = Field("critical", description="The severity of a fast burn; none: no such alert.")
    ticket: SeverityOrNone = Field("medium", description="The severity of a slow burn; none: no such alert.")
    least_failures: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="How many bad events a burn-rate alert needs in its long window: by default "
        + ", ".join(f"{least} of {kind}" for kind, least in LEAST_FAILURES.items())
        + ", else 1.",
    )
    absence: Absence | None = Field(None, description="An alert while nothing is recorded; not by default.")
    spent: Spent | None = Field(None, description="An alert when the budget is spent; not by default.")
    silenced_by: tuple[Cause, ...] | None = Field(
        None,
        strict=False,
        description="Alerts of the service, or `ErrorBudgetBurn <slo>` of another SLO, that tell the cause: while one "
        "fires, no alert begins on a budget that burns or on nothing that is measured, nor a page as long after as it "
        "looks back; by default ServiceDown, NoInstanceReady and DatabaseDown.",
    )

    def severity(self, tier: Tier) -> Severity | None:
        """The severity of a tier's alert; None where its kind is switched off."""
        severity = self.page if tier.kind == "page" else self.ticket
        return None if severity == "none" else severity
