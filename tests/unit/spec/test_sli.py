"""What an SLI counts."""

from __future__ import annotations

import pytest

from slostack.spec import EventRatio, LatencyRatio, QueryRatio, parse_service
from slostack.spec.sli import Kind, LogRatio
from tests.unit.spec.files import SLI, edited


def kind(sli: str) -> Kind:
    """The kind of an SLI as it is written in the file."""
    return parse_service(edited(SLI, sli), "api.yaml").slos[0].sli.kind


@pytest.mark.parametrize(
    ("threshold", "matcher"),
    [
        ("60s", 'le=~"60|60[.]0"'),
        ("2m", 'le=~"120|120[.]0"'),
        ("1", 'le=~"1|1[.]0"'),
        ("0.25", 'le="0.25"'),
        ("0.00001", 'le="1e-05"'),
        ("100000", 'le=~"100000|100000[.]0"'),
        ("1000000", 'le=~"1000000|1000000[.]0|1e[+]06"'),
        ("1048576", 'le=~"1048576|1048576[.]0|1[.]048576e[+]06"'),
        ("1234567.5", 'le=~"1234567[.]5|1[.]2345675e[+]06"'),
        ("250ms", 'le="0.25"'),
    ],
)
def test_latency_counts_the_events_up_to_a_bound_however_it_is_written(threshold: str, matcher: str) -> None:
    latency = kind(f"{{latency: {{histogram: 'h{{job=\"api\"}}', threshold: {threshold}}}}}")
    assert isinstance(latency, LatencyRatio)
    assert str(latency.total) == 'h_count{job="api"}'
    assert str(latency.good) == f'h_bucket{{job="api",{matcher}}}'


def test_events_are_counted_by_their_selectors() -> None:
    events = kind("{events: {good: 'g{a=\"b\"}', total: t}}")
    assert isinstance(events, EventRatio)
    assert (events.bad, str(events.good), str(events.total)) == (None, 'g{a="b"}', "t")


def test_queries_are_kept_as_written() -> None:
    queries = kind("{queries: {bad: 'sum(increase(b[$window]))', total: 'sum( increase(t[$window]) )'}}")
    assert isinstance(queries, QueryRatio)
    assert queries.total == "sum( increase(t[$window]) )"


@pytest.mark.parametrize("pattern", [r"`status=5\d\d`", r'"status=5\\d\\d"', r"`a\.b|\S+`"])
def test_a_log_query_has_regular_expressions_in_either_quotes(pattern: str) -> None:
    logs = kind(f"{{logs: {{bad: '{{job=\"api\"}} |~ {pattern}', total: '{{job=\"api\"}}'}}}}")
    assert isinstance(logs, LogRatio)
    assert logs.bad.endswith(pattern)
