"""What rules cost: the estimate is what Prometheus counts."""

from __future__ import annotations

import json

import pytest

from bench.rule_cost import _slo_file
from slostack.backtest.prometheus import Prometheus
from slostack.review import review
from slostack.review.cost import raw_selectors, samples_per_cycle
from slostack.review.rule_groups import read_rules
from slostack.rules import render_rules
from slostack.spec import Duration, parse_service
from tests.unit.backtest.test_prometheus import SUCCESS, asked, server
from tests.unit.review.conftest import Repository

OF_40_SERIES = 16_300
"""What `make bench` reads from Prometheus' own statistics for this SLO, as README.md tells."""


def test_the_estimate_is_what_prometheus_counts() -> None:
    groups = read_rules(render_rules(parse_service(_slo_file(30), "bench.yaml")), "bench.yaml")

    def count(selector: str) -> float:
        return 10 if "500" in selector else 40

    assert samples_per_cycle(groups, Duration(30), count) == pytest.approx(OF_40_SERIES, rel=0.01)


@pytest.mark.parametrize(
    ("expr", "samples"),
    [
        ("up", 10),
        ("sum by (job) (rate(x[5m]))", 10 * 20),
        ("max_over_time(sum(x)[1h:5m])", 10 * 12),
        ("max_over_time(sum(x)[1h:])", 10 * 60),
        ("-(x) + on (job) y offset 1h > 3", 20),
        ("rec", 1),
        ("sum_over_time(rec[1h])", 60),
        ("{job='x'} |= `y`", 0),
        ("ALERTS{alertname='X'}", 0),
    ],
)
def test_what_an_expression_reads(expr: str, samples: float) -> None:
    rules = [{"record": "rec", "expr": "1"}, {"record": "other", "expr": expr}]
    groups = read_rules(json.dumps({"groups": [{"name": "g", "interval": "1m", "rules": rules}]}), "g.yaml")
    assert samples_per_cycle(groups, Duration(15)) * 2 == pytest.approx(samples)


def test_selectors_are_told_as_prometheus_reads_them() -> None:
    expr = r"""rate(x{b=~"a\\.b",a!="1"}[5m]) / y offset 5m"""
    groups = read_rules(json.dumps({"groups": [{"name": "g", "rules": [{"record": "r", "expr": expr}]}]}), "g.yaml")
    assert raw_selectors(groups) == {r"""x{a!="1",b=~"a\\.b"}""", "y{}"}


def test_series_are_counted_by_a_prometheus(repository: Repository) -> None:
    sli = "total: 'r{job=\"api\"}'"
    repository.edit(sli, "total: 'q{job=\"api\"}'")
    assert review(repository.root).costs.samples == ()
    repository.edit(
        "alerts:\n",
        "alerts:\n  - {name: A, expr: 'rate(x[5m]) > 0', for: 1m, severity: low, summary: S, "
        "description: D, runbook: api/burn.md}\n",
    )
    (cost,) = review(repository.root).costs.samples
    assert cost[2] - cost[1] == 10 * 20  # 10 series, scraped every 15 s
    one = '{"metric": {}, "values": [[60, "7"]]}'
    with server(200, SUCCESS.replace("[]", f"[{one}]") % "") as url:
        found = review(repository.root, "HEAD", Prometheus(url)).costs
    assert found.samples[0][2] - found.samples[0][1] == 7 * 20
    assert found.basis.endswith(f"as many series as {url} has now")
    assert "count(x{})" in {form["query"] for form in asked}


def test_each_side_is_read_at_its_own_scrape_interval(repository: Repository) -> None:
    repository.edit("expr: up == 0", "expr: 'rate(x[5m]) == 0'")
    repository.edit("interval: 15s", "interval: 30s")
    repository.commit()
    repository.edit("interval: 30s", "interval: 15s")
    ((_, slow, fast),) = repository.review().costs.samples
    repository.commit()
    repository.edit("interval: 15s", "interval: 30s")
    assert repository.review().costs.samples == (("api", fast, slow),)
    assert fast > 1.4 * slow
