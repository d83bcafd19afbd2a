"""Quiz jobs: five at a time, in order, given up when they take too long."""

from __future__ import annotations

from random import Random
from statistics import quantiles

import pytest

from slostack.demo.conditions import ORDINARY, Conditions
from slostack.demo.quizzes import CONCURRENCY, PATIENCE, TIMEOUT, Job, QuizQueue

HOUR = 3600.0


def ended(queue: QuizQueue, until: float, conditions: Conditions = ORDINARY, step: float = 1.0) -> list[Job]:
    jobs, now = [], 0.0
    while now < until:
        now += step
        jobs += queue.finish(now, conditions, 0.015)
    return jobs


def test_latency_keeps_the_promise_on_an_ordinary_day() -> None:
    queue = QuizQueue(Random(1), 0)
    queue.add(8 * 60 * 20, 0, 20 * HOUR)
    seconds = [job.seconds for job in ended(queue, 20 * HOUR + 300, step=15)]
    cuts = quantiles(seconds, n=100)
    assert cuts[94] < 60
    assert cuts[98] < 120
    assert len(seconds) == 8 * 60 * 20


def test_no_more_than_five_run_at_once_and_the_others_wait() -> None:
    queue = QuizQueue(Random(1), 0)
    queue.add(12, 0, 0)
    assert queue.finish(0.5, ORDINARY, 0) == []
    assert (queue.active, queue.waiting) == (CONCURRENCY, 12 - CONCURRENCY)


def test_how_often_it_is_asked_changes_no_duration() -> None:
    def seconds(step: float) -> list[float]:
        queue = QuizQueue(Random(5), 0)
        queue.add(200, 0, 1200)
        return sorted(job.seconds for job in ended(queue, 2400, step=step))

    assert seconds(1.0) == seconds(60.0)


def test_generations_that_take_too_long_are_given_up() -> None:
    queue = QuizQueue(Random(1), 0)
    queue.add(CONCURRENCY, 0, 0)
    jobs = ended(queue, 400, Conditions(generation_slowdown=1000))
    assert [job.seconds for job in jobs] == [pytest.approx(TIMEOUT)] * CONCURRENCY
    assert all(job.dead and not job.succeeded and job.provider for job in jobs)


def test_uploads_that_wait_too_long_are_given_up_without_a_generation() -> None:
    queue = QuizQueue(Random(1), 0)
    queue.add(CONCURRENCY * 5, 0, 0)
    jobs = ended(queue, 400, Conditions(generation_slowdown=1000))
    never_begun = [job for job in jobs if job.provider is None]
    assert [job.seconds for job in never_begun] == [PATIENCE] * (CONCURRENCY * 3)
    assert all(job.dead for job in never_begun)
    assert queue.waiting == 0


def test_what_still_waits_when_a_cause_ends_is_done_at_the_usual_speed() -> None:
    queue = QuizQueue(Random(1), 0)
    queue.add(CONCURRENCY * 2, 0, 0)
    queue.finish(1, Conditions(generation_slowdown=1000), 0)
    jobs = ended(queue, 400)
    assert sum(job.dead for job in jobs) == CONCURRENCY
    assert sum(job.succeeded for job in jobs) == CONCURRENCY


def test_nobody_is_asked_whose_breaker_is_open() -> None:
    queue = QuizQueue(Random(1), 0)
    queue.add(300, 0, HOUR)
    providers = {job.provider for job in ended(queue, HOUR, Conditions(open_breakers=("gemini",)), step=15)}
    assert providers == {"openai", "claude"}
