"""LearnSnap's quiz jobs: a queue, five generations at a time, three AI providers."""

from __future__ import annotations

import heapq
import math
from collections import deque
from dataclasses import dataclass
from random import Random

from slostack.demo.conditions import Conditions

CONCURRENCY = 5
PROVIDERS = ("gemini", "openai", "claude")
"""In the order in which they are tried."""
_SHARES = (0.97, 0.025, 0.005)
MEDIAN_SECONDS = 14.0
SPREAD = 0.55
"""Standard deviation of the logarithm: one generation in 240 takes more than a minute, one in 20,000 more than two."""
_MOST_SPREADS = 4.0
"""How far above the median a generation is, at most: on an ordinary day none is given up."""
TIMEOUT = 180.0
"""Seconds after which a generation is given up."""
PATIENCE = 300.0
"""Seconds after which an upload that is still waiting is given up."""
USUAL_FAILURES = 0.015


@dataclass(frozen=True)
class Job:
    """A quiz job that ended: seconds since its upload, who worked on it (None: it never began), and how it ended."""

    ended: float
    seconds: float
    provider: str | None
    succeeded: bool
    dead: bool


class QuizQueue:
    """Jobs that wait and run, in Unix times. How long they take doesn't depend on how often it is asked."""

    def __init__(self, random: Random, now: float) -> None:
        self._random = random
        self._waiting: deque[float] = deque()
        self._running: list[Job] = []
        self._free_from = [now] * CONCURRENCY

    @property
    def waiting(self) -> int:
        """Uploads that no generation has begun for."""
        return len(self._waiting)

    @property
    def active(self) -> int:
        """Generations under way."""
        return len(self._running)

    def add(self, uploads: int, since: float, until: float) -> None:
        """Takes uploads that arrived at any time between two."""
        self._waiting.extend(sorted(self._random.uniform(since, until) for _ in range(uploads)))

    def finish(self, now: float, conditions: Conditions, usual_failures: float) -> list[Job]:
        """The jobs that ended by `now` since the last call; those that start meanwhile meet the conditions."""
        gave_up = []
        while self._waiting:
            uploaded = self._waiting[0]
            start = max(uploaded, self._free_from[0])
            if start - uploaded > PATIENCE and uploaded + PATIENCE <= now:
                gave_up.append(Job(uploaded + PATIENCE, PATIENCE, None, succeeded=False, dead=True))
            elif start <= now:
                job = self._start(uploaded, start, conditions, usual_failures)
                heapq.heapreplace(self._free_from, job.ended)
                self._running.append(job)
            else:
                break
            self._waiting.popleft()
        done = gave_up + [job for job in self._running if job.ended <= now]
        self._running = [job for job in self._running if job.ended > now]
        return sorted(done, key=lambda job: job.ended)

    def _start(self, uploaded: float, start: float, conditions: Conditions, usual_failures: float) -> Job:
        spreads = min(self._random.gauss(0, 1), _MOST_SPREADS)
        needed = MEDIAN_SECONDS * conditions.generation_slowdown * math.exp(SPREAD * spreads)
        timed_out = needed > TIMEOUT
        ended = start + min(needed, TIMEOUT)
        failed = timed_out or self._random.random() < usual_failures + conditions.failed_generations
        shares = [
            0.0 if provider in conditions.open_breakers else share
            for provider, share in zip(PROVIDERS, _SHARES, strict=True)
        ]
        provider = self._random.choices(PROVIDERS, shares)[0]
        return Job(ended, ended - uploaded, provider, succeeded=not failed, dead=timed_out)
