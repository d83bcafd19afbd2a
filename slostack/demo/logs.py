"""The log of a service: JSON lines of a sample of what happens."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from slostack.demo.model import CRASH
from slostack.demo.simulation import Step
from slostack.demo.traffic import Outcome

MOST_REQUESTS = 2
MOST_FAILURES = 3
"""Lines per step for requests that succeeded, and that failed."""


@dataclass(frozen=True)
class LogLine:
    """One line, with its Unix time and level (info, warn, error)."""

    time: float
    level: str
    text: str


def log_lines(random: Random, step: Step) -> list[LogLine]:
    """The lines of one step, the oldest first."""
    succeeded = {outcome: count for outcome, count in step.requests.items() if not outcome.error_type}
    failed = {outcome: count for outcome, count in step.requests.items() if outcome.error_type}
    lines = [_request(random, step.now, outcome) for outcome in _sample(random, succeeded, MOST_REQUESTS)]
    lines += [_request(random, step.now, outcome) for outcome in _sample(random, failed, MOST_FAILURES)]
    for entry in step.entries:
        lines.append(_line(random, entry.time, entry.what.level, entry.what.message, **entry.what.fields))
    if step.crashed:
        lines.append(_line(random, step.now, "error", "started after a crash", error_type=CRASH))
    return sorted(lines, key=lambda line: line.time)


def _sample(random: Random, counts: dict[Outcome, int], most: int) -> list[Outcome]:
    if not counts:
        return []
    return random.sample(list(counts), k=min(most, sum(counts.values())), counts=list(counts.values()))


def _request(random: Random, now: float, outcome: Outcome) -> LogLine:
    level = {"2": "info", "4": "warn"}.get(outcome.status[0], "error")
    slow = outcome.error_type is not None and outcome.error_type.endswith("Timeout")
    milliseconds = random.lognormvariate(4.0, 0.6) * (20 if slow else 1)
    extra = {"error_type": outcome.error_type} if outcome.error_type else {}
    message = f"{outcome.method} {outcome.path} {'failed' if outcome.error_type else 'answered'}"
    status = int(outcome.status)
    return _line(
        random, now, level, message, route=outcome.path, status=status, duration_ms=round(milliseconds), **extra
    )


def _line(random: Random, time: float, level: str, message: str, **fields: Any) -> LogLine:
    stamp = datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    request_id = f"{random.getrandbits(64):016x}"
    line = {"ts": stamp, "level": level, "msg": message, "request_id": request_id, **fields}
    return LogLine(time, level, json.dumps(line, ensure_ascii=False))
