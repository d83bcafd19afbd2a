"""What a status page tells. It has no field for anything internal: no host, team, SLO, alert, query or runbook."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

State = Literal["operational", "degraded", "down", "no data"]
SLICE_MINUTES = 5
"""State is judged by slices of so many minutes."""
LEAST_MINUTES = 10
"""A day is as its slices are for so long in all; a single bad slice doesn't make it a bad day."""


@dataclass(frozen=True)
class Day:
    """A day (UTC) of a service: for how many minutes it was known, degraded and down."""

    day: date
    known: int
    degraded: int
    down: int

    @property
    def state(self) -> State:
        if not self.known:
            return "no data"
        if self.down >= LEAST_MINUTES:
            return "down"
        return "degraded" if self.degraded + self.down >= LEAST_MINUTES else "operational"


@dataclass(frozen=True)
class ServiceStatus:
    """A service now, and its days, the oldest first."""

    name: str
    now: State
    days: tuple[Day, ...]

    @property
    def is_silent(self) -> bool:
        """Whether nothing is known of it, now or before."""
        return self.now == "no data" and not any(day.known for day in self.days)

    @property
    def uptime(self) -> float | None:
        """The share of the known time in which it wasn't down; None where nothing is known."""
        known = sum(day.known for day in self.days)
        return 1 - sum(day.down for day in self.days) / known if known else None

    @property
    def troubled(self) -> tuple[Day, ...]:
        """The days on which it was degraded or down, the newest first."""
        return tuple(day for day in reversed(self.days) if day.state in ("degraded", "down"))


@dataclass(frozen=True)
class StatusPage:
    """All services at a time (UTC)."""

    at: datetime
    services: tuple[ServiceStatus, ...]

    @property
    def worst(self) -> State:
        """The worst state of any service now; no data only where nothing is known of any."""
        states = {service.now for service in self.services}
        return next((state for state in _WORST_FIRST if state in states), "no data")

    @property
    def silent(self) -> tuple[str, ...]:
        """The services of which nothing is known."""
        return tuple(service.name for service in self.services if service.is_silent)

    def without(self, names: Collection[str]) -> StatusPage:
        """The page without some services."""
        return replace(self, services=tuple(each for each in self.services if each.name not in names))


_WORST_FIRST: tuple[State, ...] = ("down", "degraded", "operational", "no data")
