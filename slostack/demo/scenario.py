"""What a failure scenario is."""

from __future__ import annotations

from dataclasses import dataclass

from slostack import names
from slostack.demo.conditions import Conditions


@dataclass(frozen=True)
class Scenario:
    """A way for a service to fail, and the alerts that it is sure to raise: a name, or `ErrorBudgetBurn <slo>`, which
    is a page. Of `either` exactly one comes, whichever is first: they silence each other. `also` names alerts that are
    as right but need not come, besides tickets."""

    name: str
    description: str
    alerts: tuple[str, ...]
    effect: Conditions
    either: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """All that it is sure to raise, or that may come in the place of another."""
        return (*self.alerts, *self.either)

    @property
    def raises(self) -> str:
        """The same in words."""
        return ", ".join([*self.alerts, *([" or ".join(self.either)] if self.either else [])])


def burn(slo: str) -> str:
    """The page of an SLO."""
    return f"{names.BURN_ALERT} {slo}"


OUTAGE = Scenario(
    "outage",
    "nothing answers any more, /metrics included",
    ("ServiceDown",),
    Conditions(answers=False),
    also=("Restarted",),
)
"""Of services that are one process."""
