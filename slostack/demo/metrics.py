"""The simulated LearnSnap in Prometheus' exposition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from threading import Lock

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from slostack.demo.conditions import ORDINARY
from slostack.demo.quizzes import PROVIDERS
from slostack.demo.simulation import BREAKER_STATES, BUCKETS, DEPENDENCIES, MAX_FDS, VERSION, LearnSnap

DATABASE = "learnsnap"
REDIS_MEMORY = 512 * 2**20
"""Bytes, a quarter of them in use."""
REDIS_COMMANDS = 3
"""For each request."""

Samples = Iterable[tuple[tuple[str, ...], float]]
"""Label values and the value, in the order of the family's label names."""


class LearnSnapMetrics(Collector):
    """Every metric of LearnSnap. Holds the lock, so that a scrape never meets half of a step."""

    def __init__(self, service: LearnSnap, lock: Lock) -> None:
        self._service = service
        self._lock = lock

    def collect(self) -> Iterable[Metric]:
        """The metrics as they are now."""
        with self._lock:
            return list(families(self._service))


def families(service: LearnSnap) -> Iterator[Metric]:
    """Every metric family of LearnSnap."""
    totals, conditions = service.totals, service.conditions
    yield _counter("http_requests_total", "Requests.", ("method", "route", "status"), totals.requests.items())
    yield _quiz_durations(service)
    yield _counter("ai_generations_total", "AI generations.", ("provider", "result"), totals.generations.items())
    payments = (((result,), count) for result, count in totals.payments.items())
    yield _counter("payments_total", "Payments.", ("result",), payments)
    breakers = (
        ((provider, state), float(state == ("OPEN" if provider in conditions.open_breakers else "CLOSED")))
        for provider in PROVIDERS
        for state in BREAKER_STATES
    )
    yield _gauge("circuit_breaker_state", "1 for the breaker's state.", ("provider", "state"), breakers)
    yield _gauge("process_resident_memory_bytes", "Resident memory.", (), [((), service.resident_memory)])
    yield _gauge("process_open_fds", "Open file descriptors.", (), [((), service.open_fds)])
    yield _gauge("process_max_fds", "Most file descriptors.", (), [((), MAX_FDS)])
    yield _gauge("process_start_time_seconds", "Start of the process (Unix time).", (), [((), service.started)])
    yield _gauge("pg_stat_activity_count", "Database connections.", ("datname", "state"), _connections(service))
    jobs = (("waiting", service.waiting_jobs), ("active", service.active_jobs), ("dead", service.dead_jobs))
    yield _gauge("quiz_queue_jobs", "Quiz jobs.", ("state",), (((state,), count) for state, count in jobs))
    up = (((dependency,), float(dependency not in conditions.dependencies_down)) for dependency in DEPENDENCIES)
    yield _gauge("dependency_up", "Whether a dependency answers.", ("dependency",), up)
    requests = sum(totals.requests.values())
    yield _counter("redis_commands_total", "Commands.", (), [((), requests * REDIS_COMMANDS)])
    yield _gauge("redis_memory_used_bytes", "Memory in use.", (), [((), REDIS_MEMORY / 4)])
    yield _gauge("redis_memory_max_bytes", "Memory that may be used.", (), [((), REDIS_MEMORY)])
    backup = [((), service.last_backup)]
    yield _gauge("backup_last_success_timestamp_seconds", "Last successful backup (Unix time).", (), backup)
    yield _gauge("app_version_info", "The version that runs.", ("version",), [((VERSION,), 1)])


def _connections(service: LearnSnap) -> Samples:
    """The pool holds its connections for good; a generation under way uses one."""
    idle = max(1, ORDINARY.database_connections - 1 - service.active_jobs)
    active = service.conditions.database_connections - idle
    return [((DATABASE, "active"), active), ((DATABASE, "idle"), idle)]


def _quiz_durations(service: LearnSnap) -> Metric:
    bounds = [*map(str, map(float, BUCKETS)), "+Inf"]
    family = HistogramMetricFamily("quiz_generation_duration_seconds", "From upload to ready, or to giving up.")
    family.add_metric(
        [], list(zip(bounds, accumulate(service.totals.durations), strict=True)), service.totals.duration_sum
    )
    return family


def _counter(name: str, documentation: str, labels: tuple[str, ...], samples: Samples) -> CounterMetricFamily:
    family = CounterMetricFamily(name, documentation, labels=labels)
    for label_values, value in samples:
        family.add_metric(label_values, value)
    return family


def _gauge(name: str, documentation: str, labels: tuple[str, ...], samples: Samples) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, documentation, labels=labels)
    for label_values, value in samples:
        family.add_metric(label_values, value)
    return family
