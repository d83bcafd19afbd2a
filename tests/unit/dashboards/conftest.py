"""The services whose dashboards are looked at: the project's own, and one that tries every oddity at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack.spec import Service, load_services, parse_service

ODD = r"""
service: odd
description: A service with "quotes" and $dollars
team: oddities
links: {wiki: "https://wiki.example/odd?a=b&c=d"}
scrape:
  - {job: 'o"dd\job'}
  - {job: a.b}
slos:
  - name: quoted
    description: Labels hold quotes and backslashes
    objective: 99.95
    window: 28d
    sli:
      events:
        bad: requests_total{path="C:\\temp\"x\"",code=~"5\\d+|\\[err\\]"}
        total: requests_total{path="C:\\temp\"x\""}
    runbook: odd.md
  - name: same-metric
    description: The same metric with other matchers
    objective: 99
    sli:
      events: {good: 'requests_total{path="/",code="200"}', total: 'requests_total{path="/"}'}
    alerting: {page: none, ticket: none}
    runbook: odd.md
  - name: asked
    description: Counted by queries
    objective: 99.5
    sli:
      queries:
        bad: sum(increase(batch_failures_total[$window]))
        total: sum(increase(batch_runs_total[$window]))
    runbook: odd.md
  - name: fast
    description: Answers in a fifth of a second
    objective: 99
    sli: {latency: {histogram: 'latency_seconds{route!~"/health|/\"ready\""}', threshold: 200s}}
    runbook: odd.md
alerts:
  - {name: HTTPQueueLow, expr: 'workers{pool="a\"b"} < 2', for: 10m, severity: high, summary: few, runbook: odd.md}
  - {name: EitherSide, expr: 'low_ratio < 0.1 or high_ratio > 0.9', severity: low, summary: s, runbook: odd.md}
  - {name: Gone, expr: 'absent_over_time(heartbeat{job="x"}[5m])', severity: critical, summary: s, runbook: odd.md}
  - {name: Plain, expr: 'vector(1)', severity: low, summary: always, runbook: odd.md}
"""


@pytest.fixture(scope="session")
def learnsnap() -> Service:
    return next(service for service in load_services(Path(__file__).parents[3]) if service.service == "learnsnap")


@pytest.fixture(scope="session")
def odd() -> Service:
    return parse_service(ODD, "slos/odd.yaml")
