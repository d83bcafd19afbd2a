"""An SLO of every kind, and what promtool records for them."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from slostack import plain_yaml, promtool
from slostack.rules import render_rules
from slostack.spec import Service, parse_service

ALIKE = """
    description: It works
    objective: 99
    labels: {journey: pay}
    alerting: {least_failures: 3, absence: {}, spent: {}}
    runbook: a.md
"""
SLIS = {
    "bad-events": ("30d", "{events: {bad: bad_total, total: all_total}, up: up}"),
    "good-events": ("month", "{events: {good: good_total, total: all_total}}"),
    "latency": ("7d", "{latency: {histogram: h, threshold: 1, buckets: [1, 5]}}"),
    "native-latency": ("1d", "{latency: {native_histogram: n, threshold: 1}}"),
    "uptime": ("week", "{uptime: probe_success}"),
    "slices": ("quarter", "{slices: {length: 5m, quantile: 0.95, histogram: h, below: 1}}"),
    "ratio-slices": ("90d", "{slices: {length: 1m, bad: bad_total, total: all_total, at_most: 0.5}}"),
    "value-slices": (
        "14d",
        "{slices: {length: 10m, value: 'max by (route) (max_over_time(depth[$window]))', above: 1}}",
    ),
    "logs": ("28d", """{logs: {bad: '{a="b"} |= "e"', total: '{a="b"}'}}"""),
    "queries": (
        "30d",
        "{queries: {bad: 'sum by (route) (increase(bad_total[$window]))',"
        " total: 'sum by (route) (increase(all_total[$window]))'}}",
    ),
    "error-ratio": ("30d", "{queries: {error_ratio: 'avg by (route) (avg_over_time(depth[$window])) / 10'}}"),
}
"""The window and the SLI of each, by the SLO's name."""
SERIES = {
    'bad_total{route="/"}': "0+1x60",
    'good_total{route="/"}': "0+9x60",
    'all_total{route="/"}': "0+10x60",
    'h_bucket{route="/",le="1"}': "0+9x60",
    'h_bucket{route="/",le="5"}': "0+10x60",
    'h_bucket{route="/",le="+Inf"}': "0+10x60",
    'h_count{route="/"}': "0+10x60",
    'n{route="/"}': "{{schema:0 sum:1 count:10 buckets:[10]}}+{{schema:0 sum:1 count:10 buckets:[10]}}x60",
    'probe_success{route="/"}': "1x20 0x35 1x4",
    'up{route="/"}': "1x20 0x40",
    'depth{route="/"}': "3x60",
    'slo:log_events:count1m{service="shop",slo="logs",route="/"}': "10x60",
    'slo:log_bad_events:count1m{service="shop",slo="logs",route="/"}': "1x60",
}
"""What the SLIs read, in promtool's notation; after half an hour the page of `uptime` ends."""
MAINTENANCE = """    maintenance: [{cron: "0 2 * * SUN", duration: 1h}]\n"""


def service(group_by: str = "[]") -> Service:
    """A service with an SLO of every kind."""
    slos = "".join(
        f"  - name: {slo}\n    window: {window}\n    sli: {sli}\n    group_by: {group_by}{ALIKE}"
        for slo, (window, sli) in SLIS.items()
    )
    slos = slos.replace("    group_by", f"{MAINTENANCE}    group_by", 1)
    return parse_service(f"service: shop\ndescription: All kinds\nteam: t\nslos:\n{slos}", "slos/shop.yaml")


def recorded(of: Service, folder: Path) -> dict[str, set[frozenset[str]]]:
    """The names of all series that exist after half an hour, each with the sets of labels that it has."""
    (folder / "rules.yaml").write_text(render_rules(of), encoding="utf-8")
    grouped = any(slo.group_by for slo in of.slos)
    series = [
        {"series": name.replace("/", route) if grouped else name.replace(',route="/"', ""), "values": values}
        for name, values in SERIES.items()
        for route in (("/", "/b") if grouped else ("/",))
    ]
    asked = [{"expr": '{__name__=~"slo:.*"}', "eval_time": "30m", "exp_samples": []}]
    test = {"interval": "30s", "input_series": series, "promql_expr_test": asked}
    fixture = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}
    (folder / "fixture.yaml").write_text(plain_yaml.dump(fixture), encoding="utf-8")
    output = promtool.test_rules(folder / "fixture.yaml").output
    assert "err:" not in output, output
    found: dict[str, set[frozenset[str]]] = defaultdict(set)
    for labels in re.findall(r"\{([^}]*)\} ", output.partition("got:")[2]):
        named = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        found[named.pop("__name__")].add(frozenset(named))
    return dict(found)
