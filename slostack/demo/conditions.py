"""What is wrong with LearnSnap at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Failure:
    """A way in which requests fail: the HTTP status, the error type in the logs, and the share of requests, 0 to 1."""

    status: str
    error_type: str
    share: float


@dataclass(frozen=True)
class Conditions:
    """What differs from an ordinary day; the defaults are an ordinary day."""

    answers: bool = True
    failures: tuple[Failure, ...] = ()
    database_connections: int = 8
    open_breakers: tuple[str, ...] = ()
    failed_generations: float = 0.0
    """Share of AI generations beyond the usual."""
    generation_slowdown: float = 1.0
    stuck_payments: float = 0.0
    """Share of payments beyond the usual."""
    webhook_replays: float = 0.0
    """Webhooks a second that Paylink sends again."""
    memory: int = 350 * MEGABYTE
    """Bytes that the resident memory tends to."""
    seconds_between_crashes: float | None = None
    dependencies_down: tuple[str, ...] = ()
    backups_fail: bool = False


ORDINARY = Conditions()


def combine(several: Iterable[Conditions]) -> Conditions:
    """All that is wrong in several conditions at once; lists add up, of other values the last one holds."""
    changes: dict[str, Any] = {}
    for conditions in several:
        for field in fields(Conditions):
            value = getattr(conditions, field.name)
            if value != field.default:
                changes[field.name] = changes.get(field.name, ()) + value if isinstance(value, tuple) else value
    return Conditions(**changes)
