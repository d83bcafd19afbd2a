"""Stolen Tee: custom T-shirts by an Express API and a worker, with Postgres, Redis, Gemini and Remove.bg."""

from __future__ import annotations

from slostack.demo.conditions import MEGABYTE, Conditions, Lines
from slostack.demo.model import INCIDENT, Counter, Durations, Gauge, Model, Moment, Observed, Requests, process
from slostack.demo.scenario import Scenario, burn
from slostack.demo.traffic import Failure, Route

HEALTH, SITE = "/health", "/"
REQUESTS = "http_request_duration_seconds"
JOBS = "job_duration_seconds"
QUEUED, COMPLETED, FAILED = "jobs_queued", "jobs_completed_total", "jobs_failed_total"
WORKER = "worker_last_seen_timestamp_seconds"
COMMANDS = "redis_commands_total"
PROCESSED, LOST = 'uploads_total{result="success"}', 'uploads_total{result="failure"}'
FALLBACKS = 'fallbacks_total{dependency="remove-bg"}'
REDIS_MEMORY = 256 * 2**20
DISK = 80e9

_GAUGES, _COUNTERS = process(memory=230 * MEGABYTE, cpu=0.12)
_DAY = 86400
_DEPENDENCIES = ("database", "redis", "gemini", "remove-bg", "supabase-storage")
_DISK = '{fstype="ext4",mountpoint="/"}'
_FREE = f"node_filesystem_avail_bytes{_DISK}"


def _up(dependency: str) -> str:
    return f'dependency_up{{dependency="{dependency}"}}'


def _latency(dependency: str) -> str:
    return f'dependency_latency_seconds{{dependency="{dependency}"}}'


def _opened(dependency: str) -> str:
    return f'circuit_breaker_opened_total{{dependency="{dependency}"}}'


def _done(what: str, kind: str) -> str:
    return f'{what}_timestamp_seconds{{kind="{kind}"}}'


_BACKUP, _FAILED_BACKUP = _done("backup_last_success", "database"), _done("backup_last_failure", "database")
_STORED, _NOT_STORED = _done("backup_last_success", "storage"), _done("backup_last_failure", "storage")
_VERIFIED, _DRILL = _done("backup_verified", "database"), _done("restore_drill_last_success", "database")
_STORAGE_DRILL = _done("restore_drill_last_success", "storage")
_SIZE = 'backup_size_bytes{kind="database"}'
_BURSTS = ("ErrorBurst", "ErrorLogBurst")
_KEPT = {"daily": 7, "weekly": 4, "monthly": 12}

MODEL = Model(
    "stolen-tee",
    version="0.9.3",
    requests=Requests(
        (
            Route("GET", "/api/products", 1.6),
            Route("GET", "/api/designs/:id", 1.2),
            Route("GET", "/api/jobs/:id", 0.7),
            Route("POST", "/api/designs", 0.3),
            Route("POST", "/api/uploads", 0.15),
            Route("POST", "/api/payments", 0.05),
        ),
        client_errors=(Failure("401", None, 0.004), Failure("404", None, 0.008)),
        server_errors=(Failure("500", "UpstreamTimeout", 0.00005),),  # so few that ten in an hour are none by chance
        durations=Durations(REQUESTS, (0.1, 0.25, 0.5, 1, 2, 5, 10), median=0.2, spread=0.7),
    ),
    gauges=(
        *_GAUGES,
        INCIDENT,
        Gauge(QUEUED, 2, lag=120),
        Gauge("jobs_processing", 2),
        *(Gauge(_up(name), 1) for name in _DEPENDENCIES),
        *(Gauge(_latency(name), 0.05 if name in ("database", "redis") else 0.8) for name in _DEPENDENCIES),
        *(Gauge(f'circuit_breaker_state{{dependency="{name}"}}', 0) for name in _DEPENDENCIES[2:]),
        Gauge("remove_bg_credits", 420),
        Gauge("redis_memory_used_bytes", REDIS_MEMORY * 0.4),
        Gauge("redis_memory_max_bytes", REDIS_MEMORY),
        Gauge('pg_connections{state="active"}', 3),
        Gauge('pg_connections{state="idle"}', 5),
        Gauge(_SIZE, 2.4e9),
        *(Gauge(f'backups_kept{{kind="database",class="{of}"}}', n) for of, n in _KEPT.items()),
        Gauge('backups_kept{kind="storage",class="weekly"}', 5),
        Gauge(_FREE, DISK * 0.4),
        Gauge(f"node_filesystem_size_bytes{_DISK}", DISK),
    ),
    counters=(
        *_COUNTERS,
        Counter(COMMANDS, 11.0),
        Counter(PROCESSED, 0.148),
        Counter(LOST, 0.002),
        Counter(COMPLETED, 0.148),
        Counter(FAILED, 0.0003),
        Counter(FALLBACKS, 0.003),
        *(Counter(_opened(name)) for name in _DEPENDENCIES[2:]),
    ),
    observed=(Observed(Durations(JOBS, (5, 15, 30, 60, 120, 300), median=18, spread=0.6), 0.15),),
    moments=(
        Moment(WORKER, every=15),
        Moment(_BACKUP, every=_DAY / 4),
        Moment(_FAILED_BACKUP, every=30 * _DAY),
        Moment(_VERIFIED, every=2 * _DAY),
        Moment(_DRILL, every=14 * _DAY),
        Moment(_STORED, every=3 * _DAY),
        Moment(_NOT_STORED, every=30 * _DAY),
        Moment(_STORAGE_DRILL, every=30 * _DAY),
    ),
)

SCENARIOS = (
    Scenario(
        "outage",
        "the API doesn't answer any more, /metrics included",
        ("ServiceDown",),
        Conditions(answers=False),
        also=("Restarted",),
    ),
    Scenario(
        "site-outage",
        "nobody gets to the site or to the API's health check from outside, although the API runs",
        ("ProbeFailing", "SiteProbeFailing"),
        Conditions(unreachable=(HEALTH, SITE)),
    ),
    Scenario(
        "errors",
        "a quarter of all requests are answered with a 500",
        (burn("api-availability"), "ErrorTypeFirstSeen"),
        Conditions(failures=(Failure("500", "InternalError", 0.25),)),
        either=_BURSTS,
    ),
    Scenario(
        "high-traffic",
        "four times as many requests as usual come in, and each takes thirty times as long",
        ("SlowRequests", burn("api-latency")),
        Conditions(traffic=4.0, slower={REQUESTS: 30.0}),
    ),
    Scenario(
        "payment-failure",
        "no payment succeeds; errors are few, as payments are",
        ("ErrorTypeFirstSeen",),
        Conditions(failures=(Failure("500", "PaymentDeclinedByGateway", 1.0, path="/api/payments"),)),
        either=_BURSTS,
    ),
    Scenario(
        "database-down",
        "Supabase doesn't answer any more: nine of ten requests get a 503",
        ("DatabaseDown", burn("api-availability")),
        Conditions(
            gauges={_up("database"): 0, 'pg_connections{state="active"}': 0, 'pg_connections{state="idle"}': 0},
            failures=(Failure("503", "DatabaseUnavailable", 0.9),),
        ),
        also=("ErrorLogBurst", "ErrorTypeFirstSeen"),  # where the log is there before the next scrape
    ),
    Scenario(
        "database-exhausted",
        "18 of 20 database connections are taken",
        ("DatabaseConnectionsHigh",),
        Conditions(gauges={'pg_connections{state="active"}': 13}),
    ),
    Scenario(
        "redis-down",
        "Redis doesn't answer any more: the worker gets no jobs, and they pile up",
        ("RedisDown",),
        Conditions(gauges={_up("redis"): 0, QUEUED: 260}, counted={COMMANDS: -1000, COMPLETED: -1000}),
    ),
    Scenario(
        "redis-full",
        "nine tenths of Redis' memory are in use",
        ("RedisMemoryHigh",),
        Conditions(gauges={"redis_memory_used_bytes": REDIS_MEMORY * 0.9}),
    ),
    Scenario(
        "redis-commands",
        "a loop sends Redis commands that are billed",
        ("RedisCommandSpike",),
        Conditions(counted={COMMANDS: 180.0}),
    ),
    Scenario(
        "worker-stuck",
        "the worker is gone: jobs wait",
        ("WorkerOffline",),
        Conditions(ago={WORKER: 0}, gauges={QUEUED: 260, "jobs_processing": 0}, counted={COMPLETED: -1000}),
    ),
    Scenario(
        "jobs-failing",
        "no upload can be processed",
        ("JobsFailing", burn("upload-success"), "ErrorLogBurst", "ErrorTypeFirstSeen"),
        Conditions(
            counted={FAILED: 0.15, LOST: 0.15, PROCESSED: -1000, COMPLETED: -1000},
            logged=(Lines(0.15, "error", "job failed", {"error_type": "ImageUnreadable"}),),
        ),
    ),
    Scenario(
        "slow-jobs",
        "jobs take twelve times as long",
        (burn("jobs-in-time"),),
        Conditions(slower={JOBS: 12.0}),
    ),
    Scenario(
        "gemini-slow",
        "Gemini takes nine seconds to answer",
        ("DependencySlow",),
        Conditions(gauges={_latency("gemini"): 9}),
    ),
    Scenario(
        "remove-bg-down",
        "Remove.bg doesn't answer: its breaker opens again and again, and backgrounds are removed by the fallback",
        ("DependencyDown", "CircuitBreakerOpened", "FallingBack"),
        Conditions(
            gauges={_up("remove-bg"): 0},
            counted={_opened("remove-bg"): 0.02, FALLBACKS: 0.12},
        ),
    ),
    Scenario(
        "credits-run-out",
        "seven credits of Remove.bg are left",
        ("CreditsRunOut",),
        Conditions(gauges={"remove_bg_credits": 7}),
    ),
    Scenario(
        "storage-down",
        "Supabase Storage doesn't answer: its breaker opens",
        ("DependencyDown", "CircuitBreakerOpened"),
        Conditions(gauges={_up("supabase-storage"): 0}, counted={_opened("supabase-storage"): 0.02}),
    ),
    Scenario(
        "disk-full",
        "5 % of the disk are free",
        ("DiskAlmostFull",),
        Conditions(gauges={_FREE: DISK * 0.05}),
    ),
    Scenario(
        "memory-full",
        "nine tenths of the API's 512 MB of memory are in use",
        ("HighMemoryUsage",),
        Conditions(gauges={"process_resident_memory_bytes": 460 * MEGABYTE}),
    ),
    Scenario(
        "crash-loop",
        "the API crashes every two minutes",
        ("CrashLoop",),
        Conditions(seconds_between_crashes=120.0),
        also=("Restarted",),  # the first of them
    ),
    Scenario(
        "release",
        "a new version runs; nothing fails",
        ("NewVersion",),
        Conditions(version="0.10.0"),
    ),
    Scenario(
        "backup-failed",
        "the last backups of database and storage failed",
        ("BackupFailed", "StorageBackupFailed"),
        Conditions(
            ago={_BACKUP: 7 * 3600, _FAILED_BACKUP: 3600, _STORED: 4 * _DAY, _NOT_STORED: 3600},
        ),
    ),
    Scenario(
        "backup-late",
        "no backup of the database has succeeded for 25 hours, none of storage for nine days",
        ("BackupTooOld", "StorageBackupTooOld"),
        Conditions(ago={_BACKUP: 25 * 3600, _STORED: 9 * _DAY}),
    ),
    Scenario(
        "backup-shrunk",
        "the last backup has a third of the size of the one before",
        ("BackupShrunk",),
        Conditions(gauges={_SIZE: 0.8e9}),
    ),
    Scenario(
        "backup-untried",
        "no backup has been verified, and none restored to try it, for a hundred days",
        ("BackupUnverified", "RestoreDrillOverdue", "StorageRestoreDrillOverdue"),
        Conditions(ago={_VERIFIED: 100 * _DAY, _DRILL: 100 * _DAY, _STORAGE_DRILL: 100 * _DAY}),
    ),
)
