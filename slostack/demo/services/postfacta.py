"""PostFacta: incident management in Go, on Postgres."""

from __future__ import annotations

from dataclasses import replace

from slostack.demo.conditions import MEGABYTE, Conditions
from slostack.demo.model import INCIDENT, Counter, Durations, Gauge, Model, Observed, Requests, process
from slostack.demo.scenario import OUTAGE, Scenario, burn
from slostack.demo.traffic import Failure, Route

READY = "/healthz/ready"
DATABASE = 'dependency_up{dependency="database"}'
IN_USE = 'db_pool_connections{state="in_use"}'
WAITING = 'db_pool_connections{state="waiting"}'
REQUESTS = "http_request_duration_seconds"
QUERIES = "db_query_duration_seconds"

_GAUGES, _COUNTERS = process(memory=160 * MEGABYTE, cpu=0.2)
_INCIDENTS_A_DAY = {"critical": 4, "high": 12, "medium": 40, "low": 90}

MODEL = Model(
    "postfacta",
    version="2.4.1",
    requests=Requests(
        (
            Route("GET", "/api/v1/incidents", 4.0),
            Route("GET", "/api/v1/incidents/:id", 3.0),
            Route("GET", "/api/v1/incidents/:id/timeline", 2.0),
            Route("GET", "/api/v1/services", 1.5),
            Route("POST", "/api/v1/incidents/:id/events", 1.0),
            Route("PATCH", "/api/v1/incidents/:id", 0.5),
            Route("POST", "/api/v1/incidents", 0.1),
        ),
        client_errors=(Failure("401", "Unauthorized", 0.003), Failure("404", "NotFound", 0.004)),
        server_errors=(Failure("500", "InternalError", 0.001),),  # a fifth of the error budget
        durations=Durations(REQUESTS, (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5), median=0.04, spread=0.6),
    ),
    gauges=(
        *_GAUGES,
        INCIDENT,
        Gauge("http_requests_in_flight", 6, noise=1, lag=60),
        Gauge(IN_USE, 6, noise=1),
        Gauge(WAITING, 0),
        Gauge('db_pool_connections{state="idle"}', 4),
        Gauge('db_pool_connections{state="max"}', 25),
        Gauge(DATABASE, 1),
        Gauge("go_goroutines", 220, noise=5, lag=1800),
    ),
    counters=(
        *_COUNTERS,
        *(Counter(f'incidents_total{{severity="{name}"}}', n / 86400) for name, n in _INCIDENTS_A_DAY.items()),
    ),
    observed=(Observed(Durations(QUERIES, (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5), 0.006, 0.9), 15.0),),
)

_NO_DATABASE = Conditions(
    gauges={DATABASE: 0, IN_USE: 0},
    unreachable=(READY,),
    failures=(Failure("503", "DatabaseUnavailable", 0.9),),
)

SCENARIOS = (
    OUTAGE,
    Scenario(
        "errors",
        "a quarter of all requests are answered with a 500",
        (burn("request-success"), "RequestSuccessLowInAnHour"),
        Conditions(failures=(Failure("500", "InternalError", 0.25),)),
    ),
    Scenario(
        "database-unreachable",
        "Supabase doesn't answer any more: it is not ready, and nine of ten requests get a 503",
        ("NoInstanceReady",),
        _NO_DATABASE,
    ),
    Scenario(
        "database-unreachable-at-start",
        "it finds no database when it starts, ends after three minutes and is started again",
        ("NoInstanceReady", "CrashLoop"),
        replace(_NO_DATABASE, seconds_between_crashes=180.0),
        also=("Restarted",),
    ),
    Scenario(
        "pool-exhausted",
        "all 25 connections of the pool are in use; requests wait for one, a quarter give up",
        ("PoolExhausted", burn("request-success"), "RequestSuccessLowInAnHour"),
        Conditions(
            gauges={IN_USE: 25, WAITING: 30},
            slower={REQUESTS: 3.0},
            failures=(Failure("503", "PoolTimeout", 0.25),),
        ),
        also=(burn("latency-p95"), burn("latency-p99")),
    ),
    Scenario(
        "request-flood",
        "eight times as many requests as usual come in",
        ("RequestFlood",),
        Conditions(traffic=8.0),
    ),
    Scenario(
        "goroutine-leak",
        "goroutines never end; they fill the memory",
        ("GoroutineLeakFillsMemory",),
        Conditions(gauges={"go_goroutines": 9000, "process_resident_memory_bytes": 480 * MEGABYTE}),
        also=("GoroutineLeak",),  # while the memory isn't about to be full
    ),
    Scenario(
        "stuck-queries",
        "queries hang: requests pile up, and fewer finish",
        ("RequestsStuck",),
        Conditions(gauges={"http_requests_in_flight": 160}, traffic=0.5),
    ),
    Scenario(
        "slow-database",
        "queries take eighty times as long, requests eight times",
        ("SlowQueries", burn("latency-p95"), burn("latency-p99")),
        Conditions(slower={QUERIES: 80.0, REQUESTS: 8.0}),
    ),
    Scenario(
        "failing-release",
        "a new version cuts off what it was answering, and fails a quarter of the requests",
        ("ReleaseFailing", burn("request-success"), "RequestSuccessLowInAnHour", "NewVersion"),
        Conditions(version="2.5.0", failures=(Failure("500", "NilPointer", 0.25),)),
    ),
    Scenario(
        "crash-loop",
        "it crashes every two minutes, and fails most requests for half a minute after each start",
        ("CrashLoop", burn("request-success"), "RequestSuccessLowInAnHour"),
        Conditions(
            seconds_between_crashes=120.0,
            failures_after_crash=(Failure("503", "WarmingUp", 0.9),),
        ),
        also=("Restarted",),  # the first of them
    ),
    Scenario(
        "incident",
        "somebody opens an incident; nothing else fails",
        ("IncidentStatusChanged",),
        Conditions(gauges={INCIDENT.series: 1}),
    ),
)
