"""JunkOS: booking in Express, on Postgres (RDS), paid by Stripe."""

from __future__ import annotations

from dataclasses import replace

from slostack.demo.conditions import MEGABYTE, Conditions, Lines
from slostack.demo.model import INCIDENT, Counter, Durations, Gauge, Model, Moment, Observed, Requests, process
from slostack.demo.scenario import OUTAGE, Scenario, burn
from slostack.demo.traffic import Failure, Route

HEALTH = "/health"
DATABASE = 'dependency_up{dependency="database"}'
REQUESTS = "http_request_duration_seconds"
QUERIES = "db_query_duration_seconds"
SLOW_QUERIES = "pg_slow_queries_total"
CONNECTIONS = 'pg_stat_activity_count{datname="junkos",state="active"}'
BACKUP = "backup_last_success_timestamp_seconds"
FAILED_BACKUP = "backup_last_failure_timestamp_seconds"
VERIFIED = "backup_verified_timestamp_seconds"
DRILL = "restore_drill_last_success_timestamp_seconds"
RDS_CPU = "aws_rds_cpuutilization_average"
RDS_FREE = "aws_rds_free_storage_space_average"

_GAUGES, _COUNTERS = process(memory=280 * MEGABYTE, cpu=0.22)
_DAY = 86400

MODEL = Model(
    "junkos",
    version="3.7.0",
    requests=Requests(
        (
            Route("GET", "/api/availability", 3.0),
            Route("GET", "/api/quotes/:id", 1.6),
            Route("POST", "/api/quotes", 1.2),
            Route("POST", "/api/login", 0.6),
            Route("POST", "/api/bookings", 0.4),
            Route("POST", "/api/payments", 0.3),
        ),
        client_errors=(Failure("401", None, 0.004), Failure("404", None, 0.006)),
        server_errors=(Failure("500", "UpstreamTimeout", 0.0002),),  # a fifth of the error budget
        counter=None,
        durations=Durations(REQUESTS, (0.1, 0.5, 1, 2, 5), median=0.12, spread=0.7),
        durations_by=("method", "route", "status_code"),
    ),
    gauges=(
        *_GAUGES,
        INCIDENT,
        Gauge(DATABASE, 1),
        Gauge('dependency_up{dependency="stripe"}', 1),
        Gauge(CONNECTIONS, 6, noise=1),
        Gauge('pg_stat_activity_count{datname="junkos",state="idle"}', 20),
        Gauge("pg_settings_max_connections", 100),
        Gauge("backups_kept", 30),
    ),
    counters=(*_COUNTERS, Counter(SLOW_QUERIES, 0.01)),
    observed=(Observed(Durations(QUERIES, (0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5), 0.012, 0.8), 8.0),),
    moments=(
        Moment(BACKUP, every=_DAY / 4),
        Moment(FAILED_BACKUP, every=30 * _DAY),
        Moment(VERIFIED, every=7 * _DAY),
        Moment(DRILL, every=14 * _DAY),
    ),
    elsewhere={"/rds/metrics": (Gauge(RDS_CPU, 35, noise=2), Gauge(RDS_FREE, 11e9))},
)

SCENARIOS = (
    replace(OUTAGE, also=(*OUTAGE.also, "JobDown")),  # its exporter is behind the same hosts
    Scenario(
        "errors",
        "5.5 % of all requests are answered with a 500",  # few enough for no minute to have more than 50
        ("ErrorBurst", burn("availability"), "ErrorTypeFirstSeen"),
        Conditions(failures=(Failure("500", "InternalError", 0.055),)),
    ),
    Scenario(
        "error-storm",
        "half of all requests are answered with a 500",
        ("ErrorTypeFirstSeen",),
        Conditions(failures=(Failure("500", "MigrationMissing", 0.5),)),
        either=(burn("availability"), "LargeErrorBurst"),
        also=("ErrorBurst",),  # while it is a small one
    ),
    Scenario(
        "database-unreachable",
        "RDS doesn't answer any more: nine of ten requests get a 503",
        ("DatabaseDown",),
        Conditions(gauges={DATABASE: 0, CONNECTIONS: 0}, failures=(Failure("503", "DatabaseUnavailable", 0.9),)),
        also=(burn("availability"),),  # where its rules are evaluated first
    ),
    Scenario(
        "database-exhausted",
        "90 of 100 database connections are taken",
        ("DatabaseConnectionsHigh",),
        Conditions(gauges={CONNECTIONS: 70}),
    ),
    Scenario(
        "slow-queries",
        "queries take two hundred times as long, requests thirty times",
        ("SlowQueries", "SlowQueryLog", "SlowRequests", burn("latency")),
        Conditions(slower={QUERIES: 200.0, REQUESTS: 30.0}, counted={SLOW_QUERIES: 3.0}),
    ),
    Scenario(
        "database-busy",
        "the CPU of RDS is at 92 %",
        ("DatabaseCpuHigh",),
        Conditions(gauges={RDS_CPU: 92}),
    ),
    Scenario(
        "database-full",
        "1.5 GB of the database's 20 GB are left",
        ("DatabaseStorageLow",),
        Conditions(gauges={RDS_FREE: 1.5e9}),
    ),
    Scenario(
        "unreachable",
        "it runs, but nobody gets to it from outside",
        ("ProbeFailing",),
        Conditions(unreachable=(HEALTH,)),
    ),
    Scenario(
        "slow-from-outside",
        "a check from outside takes more than three seconds",
        ("ProbeSlow",),
        Conditions(probe_seconds=6.0),
    ),
    Scenario(
        "certificate-expiring",
        "the certificate expires in a week",
        ("CertificateExpires",),
        Conditions(certificate_days=7.0),
    ),
    Scenario(
        "traffic-drop",
        "something before it is down: a fifth of the usual requests come in",
        ("TrafficDrop",),
        Conditions(traffic=0.2),
    ),
    Scenario(
        "traffic-spike",
        "six times as many requests as usual come in",
        ("TrafficSpike",),
        Conditions(traffic=6.0),
    ),
    Scenario(
        "busy",
        "the process uses nearly all of its CPU",
        ("HighCpuUsage",),
        Conditions(counted={"process_cpu_seconds_total": 0.7}),
    ),
    Scenario(
        "memory-leak",
        "the process holds 490 of its 512 MB",
        ("HighMemoryUsage",),
        Conditions(gauges={"process_resident_memory_bytes": 490 * MEGABYTE}),
    ),
    Scenario(
        "payment-failure",
        "Stripe times out again, as it did before it was mended: a sixth of the payments fail",
        ("ErrorTypeBack", "ErrorTypeFirstSeen"),
        Conditions(failures=(Failure("503", "StripeTimeout", 0.16, path="/api/payments"),)),
    ),
    Scenario(
        "password-guessing",
        "somebody tries passwords from one address, many a second",
        ("FailedLoginsOfAnAddress", "FailedLogins"),
        Conditions(
            logged=(Lines(1.0, "warn", "sign-in failed", {"event": "login_failed", "address": "203.0.113.7"}),),
        ),
    ),
    Scenario(
        "suspicious-requests",
        "somebody looks for holes from one address",
        ("SuspiciousRequests",),
        Conditions(
            logged=(
                Lines(0.2, "warn", "suspicious request", {"event": "suspicious_request", "address": "203.0.113.66"}),
            ),
        ),
    ),
    Scenario(
        "backup-failed",
        "the last backup failed; the one before is seven hours old",
        ("BackupFailed",),
        Conditions(ago={BACKUP: 7 * 3600, FAILED_BACKUP: 3600}),
    ),
    Scenario(
        "backup-late",
        "no backup has succeeded for 25 hours",
        ("BackupTooOld",),
        Conditions(ago={BACKUP: 25 * 3600}),
    ),
    Scenario(
        "backup-untried",
        "no backup has been verified, and none restored to try it, for 40 days",
        ("BackupUnverified", "RestoreDrillOverdue"),
        Conditions(ago={VERIFIED: 40 * _DAY, DRILL: 40 * _DAY}),
    ),
    Scenario(
        "release",
        "a new version runs; nothing fails",
        ("NewVersion",),
        Conditions(version="3.8.0"),
    ),
)
