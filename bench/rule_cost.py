"""Samples that one ratio SLO's rules touch per 30 s cycle, beside the same SLO written as raw windows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.prometheus import Cost, cost, prometheus_with
from slostack import names
from slostack.rules import AlertingRule, RuleGroup, service_groups
from slostack.rules.service import windows
from slostack.spec import Service, parse_service

DAYS = 30
SCRAPE_INTERVAL = 30
RAW_SERIES = 40
END = 1_800_000_000
MOST_SAMPLES = 20_000
LEAST_RATIO = 40


def main() -> bool:
    """Prints the table; whether the figures are met."""
    service = parse_service(_slo_file(), "bench.yaml")
    print(f"one ratio SLO reading {RAW_SERIES} raw series, scraped every {SCRAPE_INTERVAL} s, {DAYS} days of history")
    with tempfile.TemporaryDirectory() as folder, prometheus_with(_history(service), Path(folder)) as url:
        rows = [(f"slostack: {group.name}", _group_cost(url, group)) for group in service_groups(service)]
        ours = sum((cost for _, cost in rows), Cost(0, 0))
        raw = _raw_windows_cost(url, service)
    print(f"\n{'rules':<44}{'samples per cycle':>20}{'ms per cycle':>16}")
    for name, group_cost in (*rows, ("slostack", ours), ("the same SLO as raw windows", raw)):
        print(f"{name:<44}{group_cost.samples:>20,.0f}{group_cost.seconds * 1000:>16.1f}")
    ratio = raw.samples / ours.samples
    met = ours.samples <= MOST_SAMPLES and ratio >= LEAST_RATIO
    print(f"\n{ratio:.0f} times fewer samples, {raw.seconds / ours.seconds:.0f} times less time")
    print(f"at most {MOST_SAMPLES:,} samples and at least {LEAST_RATIO} times fewer: {'met' if met else 'MISSED'}")
    return met


def _group_cost(url: str, group: RuleGroup) -> Cost:
    """A group's cost per 30 s cycle."""
    once = sum((cost(url, rule.expr, END) for rule in group.rules), Cost(0, 0))
    return once * (names.EVALUATION_INTERVAL.seconds / group.interval.seconds)


def _raw_windows_cost(url: str, service: Service) -> Cost:
    """Every window as a rate over raw series, every 30 s, with the same alerts."""
    (slo,) = service.slos
    events = slo.sli.events
    assert events
    ratios = sum(
        (
            cost(url, f"sum(rate({events.bad}[{window}])) / sum(rate({events.total}[{window}]))", END)
            for window in windows(slo)
        ),
        Cost(0, 0),
    )
    alerts = [rule for group in service_groups(service) for rule in group.rules if isinstance(rule, AlertingRule)]
    return sum((cost(url, rule.expr, END) for rule in alerts), ratios)


def _slo_file() -> str:
    return f"""
service: bench
description: A service for measuring
team: bench
scrape: [{{job: bench, interval: {SCRAPE_INTERVAL}s, timeout: 10s}}]
slos:
  - name: availability
    description: Requests succeed
    objective: 99.9
    sli:
      events:
        bad: http_requests_total{{job="bench",status="500"}}
        total: http_requests_total{{job="bench"}}
    runbook: bench.md
"""


def _history(service: Service) -> Iterator[str]:
    """OpenMetrics lines: raw counters of eight pods, and the series that the rules have recorded from them."""
    start = END - DAYS * 86400
    (slo,) = service.slos
    identity = names.identity(service.service, slo.name)
    yield "# TYPE http_requests counter\n"
    for pod in range(RAW_SERIES * 4 // 5 // 4):
        for status, rate in (("200", 300), ("404", 3), ("301", 3), ("500", 0.06)):
            labels = f'job="bench",instance="pod-{pod}",status="{status}"'
            for step in range(DAYS * 86400 // SCRAPE_INTERVAL + 1):
                at = start + step * SCRAPE_INTERVAL
                yield f"http_requests_total{{{labels}}} {step * rate:.2f} {at}\n"
    for name, value in ((names.EVENTS, 24_000.0), (names.BAD_EVENTS, 5.0)):
        for at in range(start, END + 1, names.TIER_INTERVAL.seconds):
            yield f"{name}{{{identity}}} {value} {at}\n"
    for window in windows(slo):
        for name in (names.error_ratio(window), names.error_ratio_tier(window), names.event_rate(window)):
            for at in range(END - 1800, END + 1, 30):
                yield f"{name}{{{identity}}} 0.0002 {at}\n"
    for name in (names.BUDGET_REMAINING, names.BUDGET_REMAINING_TIER):
        for at in range(END - 1800, END + 1, 30):
            yield f"{name}{{{identity}}} 0.8 {at}\n"
    yield "# EOF\n"
