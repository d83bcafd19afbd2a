"""LearnSnap as its metrics show it: counters and gauges that time moves."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from slostack.demo.conditions import ORDINARY, Conditions, Failure
from slostack.demo.quizzes import PROVIDERS, USUAL_FAILURES, Job, QuizQueue
from slostack.demo.traffic import (
    CLIENT_ERRORS,
    PAYMENT,
    ROUTES,
    SERVER_ERRORS,
    STATUSES,
    UPLOAD,
    WEBHOOK,
    Outcome,
    poisson,
    requests,
)

VERSION = "1.8.2"
BUCKETS = (5, 10, 20, 30, 45, 60, 90, 120, 180, 300)
"""Of the quiz generation's histogram, in seconds."""
DEPENDENCIES = (*PROVIDERS, "paylink", "queue")
BREAKER_STATES = ("CLOSED", "HALF_OPEN", "OPEN")
USUAL_STUCK_PAYMENTS = 0.003
QUIET_START = 3600.0
"""Seconds after a start without the usual failures: among the few events counted so far, two would look like many."""
BACKUP_INTERVAL = 900
LATE_BACKUP = 70 * 60.0
MAX_FDS = 1024

_LONGEST_STEP = 60.0
_MEMORY_TIME_CONSTANT = 120.0
_MEMORY_NOISE = 5_000_000
_WARM_UP = 30.0
"""Seconds after a crash while sessions are missing."""
_NO_SESSIONS = (Failure("401", "SessionLost", 0.40), Failure("503", "SessionStoreUnavailable", 0.25))
_REPLAYED = (("200", None, 0.4), ("500", "DuplicateKey", 0.6))
"""How a webhook that is sent again ends: it completes the payment once more, or violates a unique key."""


@dataclass
class Totals:
    """What LearnSnap has counted since its process started; every label value is there from the start."""

    requests: dict[tuple[str, str, str], int]
    generations: dict[tuple[str, str], int]
    payments: dict[str, int]
    durations: list[int]
    """Quiz jobs by bucket, the last one without a bound."""
    duration_sum: float = 0.0

    @classmethod
    def zero(cls) -> Totals:
        """Nothing counted yet."""
        return cls(
            requests={(route.method, route.path, status): 0 for route in ROUTES for status in STATUSES},
            generations={(provider, result): 0 for provider in PROVIDERS for result in ("success", "failure")},
            payments={"initiated": 0, "completed": 0},
            durations=[0] * (len(BUCKETS) + 1),
        )


@dataclass(frozen=True)
class Step:
    """What happened between two times, for the log."""

    now: float
    requests: Mapping[Outcome, int]
    jobs: tuple[Job, ...] = ()
    stuck_payments: int = 0
    crashed: bool = False


class LearnSnap:
    """The simulated service. The same seed and the same calls give the same numbers."""

    def __init__(self, random: Random, now: float) -> None:
        self._random = random
        self._now = now
        self.conditions = ORDINARY
        self.dead_jobs = 0
        self.last_backup = now // BACKUP_INTERVAL * BACKUP_INTERVAL
        self._start(now)

    def _start(self, now: float) -> None:
        """Starts the process: what it holds in memory is gone."""
        self.started = now
        self.totals = Totals.zero()
        self.memory = float(ORDINARY.memory)
        self.resident_memory = ORDINARY.memory
        self.open_fds = 0
        self._queue = QuizQueue(self._random, now)

    def advance(self, now: float, conditions: Conditions) -> Step:
        """Lets the time until `now` pass, at most a minute of it: after a longer pause traffic isn't made up."""
        seconds = min(max(now - self._now, 0.0), _LONGEST_STEP)
        self._now = max(now, self._now)
        was_down, self.conditions = not self.conditions.answers, conditions
        if not conditions.answers:
            return Step(now, {})
        crashed = was_down or (
            conditions.seconds_between_crashes is not None and now - self.started >= conditions.seconds_between_crashes
        )
        if crashed:
            self._start(now)
        answered = requests(self._random, now, seconds, self._failures(now))
        stuck = self._pay(answered, seconds, now)
        jobs = self._generate(answered, seconds, now)
        for outcome, count in answered.items():
            self.totals.requests[outcome[:3]] += count
        self._move_gauges(now, seconds, sum(answered.values()))
        return Step(now, answered, jobs, stuck, crashed)

    @property
    def waiting_jobs(self) -> int:
        """Uploads that wait for a generation."""
        return self._queue.waiting

    @property
    def active_jobs(self) -> int:
        """Generations under way."""
        return self._queue.active

    def _usual(self, share: float, now: float) -> float:
        return share if now - self.started >= QUIET_START else 0.0

    def _failures(self, now: float) -> tuple[Failure, ...]:
        usual = SERVER_ERRORS if now - self.started >= QUIET_START else ()
        warming_up = self.conditions.seconds_between_crashes is not None and now - self.started < _WARM_UP
        return CLIENT_ERRORS + usual + self.conditions.failures + (_NO_SESSIONS if warming_up else ())

    def _pay(self, answered: dict[Outcome, int], seconds: float, now: float) -> int:
        """Completes what was begun, by Paylink's webhooks, and takes webhooks that are sent again."""
        begun = answered.get(Outcome(PAYMENT.method, PAYMENT.path, "200"), 0)
        stuck_share = min(1.0, self._usual(USUAL_STUCK_PAYMENTS, now) + self.conditions.stuck_payments)
        stuck = sum(self._random.random() < stuck_share for _ in range(begun))
        completed = Counter({Outcome(WEBHOOK.method, WEBHOOK.path, "200"): begun - stuck})
        for status, error_type, share in _REPLAYED:
            again = poisson(self._random, self.conditions.webhook_replays * share * seconds)
            completed[Outcome(WEBHOOK.method, WEBHOOK.path, status, error_type)] += again
        self.totals.payments["initiated"] += begun
        self.totals.payments["completed"] += completed[Outcome(WEBHOOK.method, WEBHOOK.path, "200")]
        for outcome, count in completed.items():
            if count:
                answered[outcome] = answered.get(outcome, 0) + count
        return stuck

    def _generate(self, answered: dict[Outcome, int], seconds: float, now: float) -> tuple[Job, ...]:
        """Queues what was uploaded and counts the jobs that ended."""
        self._queue.add(answered.get(Outcome(UPLOAD.method, UPLOAD.path, "200"), 0), now - seconds, now)
        jobs = self._queue.finish(now, self.conditions, self._usual(USUAL_FAILURES, now))
        for job in jobs:
            self.dead_jobs += job.dead
            if job.provider:
                self.totals.generations[job.provider, "success" if job.succeeded else "failure"] += 1
            if job.succeeded or job.dead:
                self.totals.durations[bisect_left(BUCKETS, job.seconds)] += 1
                self.totals.duration_sum += job.seconds
        return tuple(jobs)

    def _move_gauges(self, now: float, seconds: float, answered: int) -> None:
        self.memory += (self.conditions.memory - self.memory) * -math.expm1(-seconds / _MEMORY_TIME_CONSTANT)
        self.resident_memory = round(self.memory + self._random.gauss(0, _MEMORY_NOISE))
        self.open_fds = 90 + 2 * round(answered / max(seconds, 1.0)) + self.conditions.database_connections
        if self.conditions.backups_fail:
            self.last_backup = min(self.last_backup, now - LATE_BACKUP)
        else:
            self.last_backup = now // BACKUP_INTERVAL * BACKUP_INTERVAL
