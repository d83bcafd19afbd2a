"""What is wrong with a service at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from slostack.demo.traffic import Failure

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Lines:
    """Log lines of one kind: how many a second, their level and message, and what else they say."""

    per_second: float
    level: str
    message: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Conditions:
    """What differs from an ordinary day; the defaults are an ordinary day. Series are written as they are exposed."""

    answers: bool = True
    traffic: float = 1.0
    """Requests as a multiple of the usual."""
    failures: tuple[Failure, ...] = ()
    slower: Mapping[str, float] = field(default_factory=dict)
    """By histogram how many times longer everything takes."""
    gauges: Mapping[str, float] = field(default_factory=dict)
    """By series what a gauge becomes."""
    counted: Mapping[str, float] = field(default_factory=dict)
    """By series how much more a second a counter counts."""
    ago: Mapping[str, float] = field(default_factory=dict)
    """By series how many seconds ago something was done when this began; it isn't done again."""
    seconds_between_crashes: float | None = None
    failures_after_crash: tuple[Failure, ...] = ()
    """Those of the half minute after each crash."""
    version: str | None = None
    """The version that was released when this began."""
    unreachable: tuple[str, ...] = ()
    """Paths that probes get no good answer from, although the service runs."""
    probe_seconds: float = 0.12
    """How long a probe takes."""
    certificate_days: float = 60.0
    """After which the certificate expires."""
    logged: tuple[Lines, ...] = ()

    open_breakers: tuple[str, ...] = ()
    """AI providers that LearnSnap doesn't ask."""
    failed_generations: float = 0.0
    """Share of LearnSnap's AI generations beyond the usual."""
    generation_slowdown: float = 1.0
    stuck_payments: float = 0.0
    """Share of LearnSnap's payments beyond the usual."""
    webhook_replays: float = 0.0
    """Webhooks a second that Paylink sends to LearnSnap again."""


ORDINARY = Conditions()


def combine(several: Iterable[Conditions]) -> Conditions:
    """All that is wrong in several conditions at once: lists and mappings add up, of others the last one holds."""
    changes: dict[str, Any] = {}
    for conditions in several:
        for each in fields(Conditions):
            value, before = getattr(conditions, each.name), changes.get(each.name)
            if value == getattr(ORDINARY, each.name):
                continue
            if before is not None and isinstance(value, tuple):
                value = before + value
            elif before is not None and isinstance(value, Mapping):
                value = {**before, **value}
            changes[each.name] = value
    return Conditions(**changes)
