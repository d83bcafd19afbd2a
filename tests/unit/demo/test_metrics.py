"""The exposition: what the SLO file reads is there, with its labels."""

from __future__ import annotations

from pathlib import Path

import promql_parser
import pytest
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from slostack.demo.learnsnap_parts import BUCKETS
from slostack.demo.scenarios import SCENARIOS
from slostack.demo.workload import Workload
from slostack.rules.service import service_groups
from slostack.spec import SLO_FOLDER, load_service
from tests.unit.demo.exposed import is_exposed
from tests.unit.demo.playing import Play, samples
from tests.unit.promql import selectors

ROOT = Path(__file__).parents[3]


def raw_selectors(service: str) -> dict[str, promql_parser.VectorSelector]:
    """Every selector of a service's rules and panels that reads what it exposes."""
    spec = load_service(ROOT / SLO_FOLDER / f"{service}.yaml", ROOT)
    expressions = [rule.expr for group in service_groups(spec) for rule in group.rules]
    expressions += [str(line.expr) for panel in spec.panels for line in panel.lines]
    found = [
        s
        for text in expressions
        for s in selectors(text)
        if s.name and ":" not in s.name and s.name not in ("up", "ALERTS")
    ]
    return {f"{s.name} {sorted((m.name, str(m.op), m.value) for m in s.matchers.matchers)}": s for s in found}


SELECTORS = [(service, text, found) for service in SCENARIOS for text, found in raw_selectors(service).items()]


@pytest.mark.parametrize("service", SCENARIOS)
def test_the_rules_read_many_metrics_of_the_demo(service: str) -> None:
    assert len({selector.name for each, _, selector in SELECTORS if each == service}) >= 12


@pytest.mark.parametrize(("service", "text", "selector"), SELECTORS, ids=[f"{each[0]}-{each[1]}" for each in SELECTORS])
def test_what_a_rule_or_a_panel_reads_is_exposed(
    service: str, text: str, selector: promql_parser.VectorSelector
) -> None:
    assert is_exposed(service, selector), f"the demo exposes nothing that {text} selects"


@pytest.mark.parametrize("service", SCENARIOS)
def test_both_formats_can_be_parsed_and_say_the_same(service: str, tmp_path: Path) -> None:
    workload = Workload([service], tmp_path, 0.0)
    for minute in range(1, 11):
        workload.tick(60.0 * minute)
    registry = workload.metrics(f"/{service}/metrics")
    assert registry
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
