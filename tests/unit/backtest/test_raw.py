"""What is asked of raw series, for every kind of SLI: it parses, and needs nothing that rules would have recorded."""

from __future__ import annotations

import promql_parser
import pytest

from slostack.backtest.fetch import short_windows
from slostack.backtest.raw import raw_counts, raw_ratios, raw_up
from tests.unit.backtest.made_up import version
from tests.unit.spec.files import SLI, edited

BY_KIND = {
    "bad events": SLI,
    "good events": "{events: {good: 'e{job=\"api\"}', total: 'r{job=\"api\"}'}, up: 'up{job=\"api\"}'}",
    "latency": "{latency: {histogram: 'h{job=\"api\"}', threshold: 0.2}}",
    "native latency": "{latency: {native_histogram: 'h{job=\"api\"}', threshold: 0.2}}",
    "uptime": "{uptime: 'up{job=\"api\"}'}",
    "slices": "{slices: {length: 1m, bad: 'e{job=\"api\"}', total: 'r{job=\"api\"}', below: 0.01}}",
    "queries": "{queries: {bad: 'increase(e[$window])', total: 'increase(r[$window])'}}",
    "a ratio": "{queries: {error_ratio: 'avg_over_time(e[$window])'}}",
}


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("kind", BY_KIND)
def test_raw_series_are_asked_for(kind: str, grouped: bool) -> None:
    sli = BY_KIND[kind]
    of = version(edited(SLI, f"{sli}\n    group_by: [route]" if grouped else sli))
    windows = short_windows([of])
    exprs = {**raw_counts(of), **raw_ratios(of, windows), **({"up": up} if (up := raw_up(of)) else {})}
    assert len(exprs) == (2 if kind == "slices" else 2 + 2 * len(windows)) + (kind == "good events")
    for expr in exprs.values():
        promql_parser.parse(expr)
        assert "slo:" not in expr
        assert not grouped or "by (route)" in expr or expr.startswith("max(")
