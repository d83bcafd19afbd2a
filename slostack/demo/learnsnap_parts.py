"""What only LearnSnap does: quizzes that AI providers generate, and payments that Paylink's webhooks complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from prometheus_client.core import GaugeMetricFamily, Metric

from slostack.demo.conditions import Conditions, Lines
from slostack.demo.metrics import counter, histogram
from slostack.demo.model import Durations, Entry, Span
from slostack.demo.quizzes import MEDIAN_SECONDS, PROVIDERS, SPREAD, USUAL_FAILURES, Job, QuizQueue
from slostack.demo.simulation import Histogram
from slostack.demo.traffic import Outcome, Route, poisson

UPLOAD = Route("POST", "/api/quizzes", 0.1)
PAYMENT = Route("POST", "/api/payments", 1 / 6)
WEBHOOK = Route("POST", "/api/webhooks/paylink", 0.0)
"""Asked for by Paylink, once per completed payment."""
BUCKETS = (5, 10, 20, 30, 45, 60, 90, 120, 180, 300)
"""Of the quiz generation's histogram, in seconds."""
BREAKER_STATES = ("CLOSED", "HALF_OPEN", "OPEN")
USUAL_STUCK_PAYMENTS = 0.003

_QUIZZES = Durations("quiz_generation_duration_seconds", BUCKETS, MEDIAN_SECONDS, SPREAD)
_REPLAYED = (("200", None, 0.4), ("500", "DuplicateKey", 0.6))
"""How a webhook that is sent again ends: it completes the payment once more, or violates a unique key."""


class Quizzes:
    """From an upload to a quiz that is ready, or given up."""

    per_second: ClassVar[Mapping[str, float]] = {
        "ai_generations_total": UPLOAD.per_second,
        f"{_QUIZZES.name}_count": UPLOAD.per_second,
    }

    def __init__(self, random: Random) -> None:
        self._random = random
        self._open_breakers: tuple[str, ...] = ()
        self._dead = 0

    def start(self, now: float) -> None:
        """Forgets the jobs that wait and run; those that were given up are kept."""
        self._queue = QuizQueue(self._random, now)
        self._histogram = Histogram(_QUIZZES)
        self._generations = {(provider, result): 0 for provider in PROVIDERS for result in ("success", "failure")}

    def advance(self, span: Span, answered: dict[Outcome, int]) -> list[Entry]:
        """Queues what was uploaded and counts the jobs that ended."""
        self._open_breakers = span.conditions.open_breakers
        uploads = answered.get(Outcome(UPLOAD.method, UPLOAD.path, "200"), 0)
        self._queue.add(uploads, span.until - span.seconds, span.until)
        jobs = self._queue.finish(span.until, span.conditions, USUAL_FAILURES if span.chance else 0.0)
        for job in jobs:
            self._dead += job.dead
            if job.provider:
                self._generations[job.provider, "success" if job.succeeded else "failure"] += 1
            if job.succeeded or job.dead:
                self._histogram.add(job.seconds)
        return [_entry(job) for job in jobs]

    def families(self) -> Iterator[Metric]:
        """Quizzes, generations, the providers' breakers and the queue."""
        yield histogram(_QUIZZES.name, [((), self._histogram)])
        yield counter("ai_generations_total", ("provider", "result"), self._generations.items())
        breakers = GaugeMetricFamily("circuit_breaker_state", "", labels=("provider", "state"))
        for provider in PROVIDERS:
            now = "OPEN" if provider in self._open_breakers else "CLOSED"
            for state in BREAKER_STATES:
                breakers.add_metric((provider, state), float(state == now))
        yield breakers
        jobs = GaugeMetricFamily("quiz_queue_jobs", "", labels=("state",))
        for state, count in (("waiting", self._queue.waiting), ("active", self._queue.active), ("dead", self._dead)):
            jobs.add_metric((state,), count)
        yield jobs


def _entry(job: Job) -> Entry:
    fields: dict[str, Any] = {"route": UPLOAD.path, "duration_ms": round(job.seconds * 1000)}
    if job.provider:
        fields["provider"] = job.provider
    level, message = "info", "quiz ready"
    if job.dead:
        level, message = "error", "quiz job given up, dead-lettered"
        fields["error_type"] = "QuizTimeout" if job.provider else "QueueTimeout"
    elif not job.succeeded:
        level, message = "error", "quiz generation failed"
        fields["error_type"] = "AIProviderError"
    return Entry(job.ended, Lines(0, level, message, fields))


class Payments:
    """Payments that are begun by a request and completed by a webhook."""

    per_second: ClassVar[Mapping[str, float]] = {
        "payments_total": PAYMENT.per_second,
        "http_requests_total": PAYMENT.per_second,  # the webhooks
    }

    def __init__(self, random: Random) -> None:
        self._random = random

    def start(self, now: float) -> None:
        """Counts from zero."""
        self._payments = {"initiated": 0, "completed": 0}

    def advance(self, span: Span, answered: dict[Outcome, int]) -> list[Entry]:
        """Completes what was begun, and takes webhooks that are sent again."""
        begun = answered.get(Outcome(PAYMENT.method, PAYMENT.path, "200"), 0)
        stuck = self._stuck(begun, span.conditions, USUAL_STUCK_PAYMENTS if span.chance else 0.0)
        arrived = {Outcome(WEBHOOK.method, WEBHOOK.path, "200"): begun - stuck}
        for status, error_type, share in _REPLAYED:
            outcome = Outcome(WEBHOOK.method, WEBHOOK.path, status, error_type)
            again = poisson(self._random, span.conditions.webhook_replays * share * span.seconds)
            arrived[outcome] = arrived.get(outcome, 0) + again
        self._payments["initiated"] += begun
        self._payments["completed"] += arrived[Outcome(WEBHOOK.method, WEBHOOK.path, "200")]
        for outcome, count in arrived.items():
            if count:
                answered[outcome] = answered.get(outcome, 0) + count
        waits = Lines(
            0,
            "error",
            "payment begun, its webhook has not arrived",
            {"route": PAYMENT.path, "error_type": "PaymentStuck"},
        )
        return [Entry(span.until, waits)] * stuck

    def _stuck(self, begun: int, conditions: Conditions, usual: float) -> int:
        share = min(1.0, usual + conditions.stuck_payments)
        return sum(self._random.random() < share for _ in range(begun))

    def families(self) -> Iterator[Metric]:
        """Payments."""
        yield counter("payments_total", ("result",), (((result,), count) for result, count in self._payments.items()))
