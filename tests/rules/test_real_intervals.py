"""Rules at their groups' own times, in a simulated server: kinds of SLI and features beside each other."""

from __future__ import annotations

import pytest

from slostack import plain_yaml
from slostack.rules import render_rules
from slostack.simulation import (
    Counters,
    Gauge,
    Histogram,
    Incident,
    Query,
    Scenario,
    Span,
    Target,
    Traffic,
    simulate,
)
from slostack.spec import parse_service
from tests.rules.playing import HEAD, HOUR, MINUTE

LENGTH = 4.5 * HOUR
INCIDENT = Incident(2 * HOUR, 2 * HOUR + 20 * MINUTE, 0.5)
DOWN = Span(3.5 * HOUR, 3.5 * HOUR + 12 * MINUTE)
EVENTS = {"events": {"bad": 'requests_total{code="500"}', "total": "requests_total"}}
SLOS: dict[str, dict[str, object]] = {
    "slices": {"sli": {"slices": {"length": "1m", "quantile": 0.9, "histogram": "latency", "below": 1}}},
    "long-slices": {"sli": {"slices": {"length": "10m", "quantile": 0.9, "histogram": "latency", "below": 1}}},
    "uptime": {"sli": {"uptime": "works"}},
    "routes": {"sli": EVENTS, "group_by": ["route"]},
    "month": {"sli": EVENTS, "window": "month"},
    "maintained": {
        "sli": EVENTS,
        "maintenance": [{"cron": "0 10 * * *", "duration": "20m"}],  # the scenario begins at 8:00
    },
}


def file() -> str:
    keys = {"description": "It works", "objective": 95, "window": "1d", "runbook": "a.md"}
    return HEAD + plain_yaml.dump({"slos": [{**keys, **slo, "name": name} for name, slo in SLOS.items()]})


def test_every_kind_judges_without_a_gap_and_counts_what_happened() -> None:
    exposes = (Counters("requests_total", bad_is_born_late=False), Histogram("latency"), Gauge("works"))
    life = Span(-HOUR, LENGTH)
    targets = tuple(
        Target({"route": route, "instance": route}, Traffic(rate, exact=True), life, incidents, exposes=exposes)
        for route, rate, incidents in (("/a", 2.0, (INCIDENT,)), ("/b", 1.0, ()))
    )
    scenario = Scenario(targets, LENGTH, server_down=(DOWN,))
    evaluations = "count_over_time(slo:error_ratio:rate5m[50m])"
    counts = {name: f"sum_over_time(slo:{name}:count5m[5h])" for name in ("bad_events", "events")}
    refused = "slo:events:rate5m unless slo:error_ratio:rate5m"
    queries = {
        "evaluations": Query(evaluations, (2.0 * HOUR, 3.4 * HOUR)),
        **{name: Query(query, (3.4 * HOUR, LENGTH - 1)) for name, query in counts.items()},
        "unjudged": Query(refused, tuple(float(at) for at in range(1800, 3 * HOUR, 450))),
    }
    result = simulate({"api.yaml": render_rules(parse_service(file(), "api.yaml"))}, scenario, queries)

    def told(query: str, at: float) -> dict[str, float]:
        samples = result.answers[query][at]
        return {f"{each.labels['slo']}{each.labels.get('route', '')}": each.value for each in samples}

    names = {"slices", "long-slices", "uptime", "routes/a", "routes/b", "month", "maintained"}
    assert told("evaluations", 2 * HOUR) == dict.fromkeys(names, 100)
    assert told("evaluations", 3.4 * HOUR) == dict.fromkeys(names, 100)
    assert all(set(told("unjudged", at)) <= {"maintained"} for at in result.answers["unjudged"])

    bad = told("bad_events", 3.4 * HOUR)
    failed = 20 * MINUTE * 0.5 * 2
    assert bad == pytest.approx(
        {
            "slices": 20,
            "long-slices": 4,
            "uptime": 20 * MINUTE,
            "routes/a": failed,
            "routes/b": 0,
            "month": failed,
            "maintained": 0,
        },
        rel=0.05,
        abs=2,
    )
    assert told("bad_events", LENGTH - 1) == bad, "counts that are made up for after twelve minutes add none"
    events = told("events", LENGTH - 1)
    assert events["routes/b"] == pytest.approx(LENGTH, rel=0.03)
    assert events["slices"] == pytest.approx((LENGTH - 12 * MINUTE) / 60, rel=0.03)
    assert events["uptime"] == pytest.approx(2 * (LENGTH - 12 * MINUTE), rel=0.03)
