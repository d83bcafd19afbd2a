"""An imported SLO records the ratio that its own queries have."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack import plain_yaml
from tests.rules.playing import play
from tests.unit.imports.reading import imported, the_file

W = "[{{.window}}]"
AT = 90 * 60
SERIES = {
    'requests_total{code="200",pod="a"}': "0+57x400",
    'requests_total{code="200",pod="b"}': "0+31x180 0+31x220",
    'requests_total{code="500",pod="a"}': "0+3x200 600+9x200",
    'requests_total{code="500",pod="b"}': "_x100 0+1x300",
    'fallbacks_total{pod="a"}': "0+2x400",
    'answer_seconds_bucket{le="0.3"}': "0+40x400",
    'answer_seconds_bucket{le="1"}': "0+55x400",
    "answer_seconds_count": "0+60x400",
    'probe_success{probe="x"}': "1x340 0x9 1x50",
    'probe_success{probe="y"}': "1x400",
    'satisfaction{client="1"}': "0.9x250 0.4x150",
    'satisfaction{client="2"}': "0.8x400",
}
"""A sample each 15 s for 100 minutes: errors that grow, a pod that is restarted, series that are born."""
ERRORS, ALL = f'sum(rate(requests_total{{code="500"}}{W}))', f"sum(rate(requests_total{W}))"
COUNTED = f"sum(rate(answer_seconds_count{W}))"


def sloth(sli: dict[str, dict[str, str]]) -> str:
    """A file of sloth with one SLO."""
    slo = {"name": "it", "objective": 99, "description": "It works", "sli": sli}
    return plain_yaml.dump({"version": "prometheus/v1", "service": "api", "slos": [slo]})


def events(error: str, total: str) -> tuple[str, str]:
    """A file of sloth that judges events, and the ratio by which sloth does."""
    return sloth({"events": {"error_query": error, "total_query": total}}), f"({error}) / ({total})"


def counters(bad: str, total: str) -> str:
    """A file of OpenSLO with one SLO, whose plain selectors are of counters."""
    sources = {
        key: {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}
        for key, query in (("bad", bad), ("total", total))
    }
    spec = {
        "service": "api",
        "indicator": {"spec": {"ratioMetric": {"counter": True, **sources}}},
        "timeWindow": [{"duration": "30d", "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [{"target": 0.99}],
    }
    return plain_yaml.dump({"apiVersion": "openslo/v1", "kind": "SLO", "metadata": {"name": "it"}, "spec": spec})


def raw(ratio: str) -> tuple[str, str]:
    """A file of sloth that judges a ratio, and the ratio."""
    return sloth({"raw": {"error_ratio_query": ratio}}), ratio


CASES = {
    "events": events(ERRORS, ALL),
    "or-zero": events(f"{ERRORS} or on() vector(0)", ALL),
    "latency": events(f'{COUNTED} - sum(rate(answer_seconds_bucket{{le="0.3"}}{W}))', COUNTED),
    "sum-of-two": events(f"{ERRORS} + sum(rate(fallbacks_total{W}))", ALL),
    "compared": events(
        f"count(sum by (pod) (rate(fallbacks_total{W})) > 0)", f"count(sum by (pod) (rate(requests_total{W})))"
    ),
    "counter-beside-rate": (
        counters('requests_total{code="500"}', "sum(rate(requests_total[5m])) + sum(rate(fallbacks_total[5m]))"),
        f"{ERRORS} / ({ALL} + sum(rate(fallbacks_total{W})))",
    ),
    "subqueries": events(
        "sum_over_time(count(satisfaction < 0.5)[{{.window}}:]) or on() vector(0)",
        "sum_over_time(count(satisfaction)[{{.window}}:])",
    ),
    "raw-events": raw(f"{ERRORS} / {ALL}"),
    "raw-good": raw(f'1 - (sum(rate(requests_total{{code!="500"}}{W})) / {ALL})'),
    "raw-uptime": raw(f"1 - sum(sum_over_time(probe_success{W})) / sum(count_over_time(probe_success{W}))"),
    "raw-gauge": raw(f"1 - sum(sum_over_time(satisfaction{W})) / sum(count_over_time(satisfaction{W}))"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_recorded_ratio_is_that_of_the_files_queries(name: str, tmp_path: Path) -> None:
    text, ratio = CASES[name]
    file = the_file(imported(tmp_path, text))
    windows = ["5m", "1h"]
    queries = {window: ratio.replace("{{.window}}", window) for window in windows}
    recorded = {window: f"slo:error_ratio:rate{window}" for window in windows}
    played = play(file, SERIES, {query: [AT] for query in (*queries.values(), *recorded.values())})
    for window in windows:
        expected = played.value(queries[window], AT)
        assert expected is not None
        assert 0 < expected < 1
        assert played.value(recorded[window], AT) == pytest.approx(expected, rel=1e-6), window


@pytest.mark.parametrize("name", ["events", "sum-of-two", "compared"])
def test_errors_without_series_are_none_of_the_events(name: str, tmp_path: Path) -> None:
    file = the_file(imported(tmp_path, CASES[name][0]))
    healthy = {series: values for series, values in SERIES.items() if "500" not in series and "fallback" not in series}
    assert play(file, healthy, {"slo:error_ratio:rate5m": [AT]}).value("slo:error_ratio:rate5m", AT) == 0
