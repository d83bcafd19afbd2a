"""The exposition: what the SLO file reads is there, with its labels."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Lock

import promql_parser
import pytest
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import CollectorRegistry

from slostack.demo.metrics import LearnSnapMetrics
from slostack.demo.simulation import BUCKETS
from slostack.rules import render_rules
from slostack.rules.model import AlertingRule
from slostack.rules.service import service_groups
from slostack.spec import SLO_FOLDER, load_service
from tests.unit.demo.playing import Play, samples
from tests.unit.promql import selectors

ROOT = Path(__file__).parents[3]
SERVICE = load_service(ROOT / SLO_FOLDER / "learnsnap.yaml", ROOT)
FROM_PROMETHEUS = {"job", "instance"}


def raw_selectors() -> dict[str, promql_parser.VectorSelector]:
    """Every selector of the service's rules that reads what LearnSnap exposes."""
    expressions = [rule.expr for group in service_groups(SERVICE) for rule in group.rules]
    found = [
        s
        for text in expressions
        for s in selectors(text)
        if s.name and ":" not in s.name and s.name not in ("up", "ALERTS")
    ]
    return {f"{s.name} {sorted((m.name, str(m.op), m.value) for m in s.matchers.matchers)}": s for s in found}


SELECTORS = raw_selectors()


def test_the_rules_read_many_metrics_of_the_demo() -> None:
    assert any(isinstance(rule, AlertingRule) for group in service_groups(SERVICE) for rule in group.rules)
    assert len({selector.name for selector in SELECTORS.values()}) >= 12
    assert "pg_stat_activity_count" in render_rules(SERVICE)


@pytest.mark.parametrize("text", sorted(SELECTORS))
def test_what_a_rule_reads_is_exposed(text: str) -> None:
    selector = SELECTORS[text]
    wanted = [m for m in selector.matchers.matchers if m.name not in FROM_PROMETHEUS]

    def holds(matcher: promql_parser.Matcher, value: str) -> bool:
        operator = str(matcher.op).split(".")[-1]
        equal = matcher.value == value if operator in ("Equal", "NotEqual") else re.fullmatch(matcher.value, value)
        return bool(equal) != operator.startswith("Not")

    found = [
        sample
        for sample in samples(Play().families())
        if sample.name == selector.name and all(holds(m, sample.labels.get(m.name, "")) for m in wanted)
    ]
    assert found, f"the demo exposes nothing that {text} selects"


def exposed() -> CollectorRegistry:
    play = Play()
    play.run(600)
    registry = CollectorRegistry()
    registry.register(LearnSnapMetrics(play.service, Lock()))
    return registry


def test_both_formats_can_be_parsed_and_say_the_same() -> None:
    registry = exposed()
    plain = samples(text_string_to_metric_families(generate_latest(registry).decode()))
    text = generate_openmetrics(registry).decode()  # type: ignore[no-untyped-call]
    open_metrics = samples(parse_openmetrics(text))  # type: ignore[no-untyped-call]
    assert {(s.name, *s.labels.items(), s.value) for s in plain} == {
        (s.name, *s.labels.items(), s.value) for s in open_metrics
    }


def test_the_histogram_is_cumulative_and_has_the_audits_buckets() -> None:
    buckets = [s for s in samples(Play().families()) if s.name == "quiz_generation_duration_seconds_bucket"]
    assert [s.labels["le"] for s in buckets] == [*(f"{bound}.0" for bound in BUCKETS), "+Inf"]
    assert BUCKETS == (5, 10, 20, 30, 45, 60, 90, 120, 180, 300)
    play = Play()
    play.run(1200)
    counts = [s.value for s in samples(play.families()) if s.name == "quiz_generation_duration_seconds_bucket"]
    assert counts == sorted(counts)
    assert counts[-1] == play.value("quiz_generation_duration_seconds_count") > 50
    assert play.value("quiz_generation_duration_seconds_sum") > 500


def test_one_breaker_state_holds_at_a_time() -> None:
    play = Play()
    for scenario in ((), ("ai-rate-limited",)):
        play.run(1, *scenario)
        for provider in ("gemini", "openai", "claude"):
            assert play.value("circuit_breaker_state", provider=provider) == 1


def test_connections_add_up_whatever_runs() -> None:
    play = Play()
    for _ in range(200):
        play.run(15, "quiz-timeout")
        assert play.value("pg_stat_activity_count") == 8
        assert play.value("pg_stat_activity_count", state="idle") >= 1
        assert play.value("pg_stat_activity_count", state="active") >= 1
