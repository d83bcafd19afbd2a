"""Samples that one ratio SLO's rules touch per 30 s cycle, beside the same SLO as raw windows, in two ways."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.prometheus import Cost, cost, prometheus_with
from slostack import names
from slostack.rules import AlertingRule, RuleGroup, service_groups
from slostack.rules.budget import windows
from slostack.spec import Duration, Service, parse_service

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
        raw = _raw_windows_cost(url, service, lambda window: _raw_ratio(service, window))
        month_from_5m = _raw_windows_cost(url, service, lambda window: _raw_or_month_from_5m(service, window))
    print(f"\n{'rules':<48}{'samples per cycle':>20}{'ms per cycle':>16}")
    by_mean = ("raw windows, the month as a mean of 5m ratios", month_from_5m)
    others = (by_mean, ("raw windows, the month too", raw))
    for name, group_cost in (*rows, ("slostack", ours), *others):
        print(f"{name:<48}{group_cost.samples:>20,.0f}{group_cost.seconds * 1000:>16.1f}")
    ratio = month_from_5m.samples / ours.samples
    met = ours.samples <= MOST_SAMPLES and ratio >= LEAST_RATIO
    print(f"\n{ratio:.0f} and {raw.samples / ours.samples:.0f} times fewer samples than these two")
    verdict = "met" if met else "MISSED"
    print(f"at most {MOST_SAMPLES:,} samples, at least {LEAST_RATIO} times fewer than either: {verdict}")
    return met


def _group_cost(url: str, group: RuleGroup) -> Cost:
    """A group's cost per 30 s cycle."""
    once = sum((cost(url, rule.expr, END) for rule in group.rules), Cost(0, 0))
    return once * (names.EVALUATION_INTERVAL.seconds / group.interval.seconds)


def _raw_windows_cost(url: str, service: Service, ratio: Callable[[Duration], str]) -> Cost:
    """Every window as an expression of its own, every 30 s, with the same alerts."""
    (slo,) = service.slos
    ratios = sum((cost(url, ratio(window), END) for window in windows(slo)), Cost(0, 0))
    alerts = [rule for group in service_groups(service) for rule in group.rules if isinstance(rule, AlertingRule)]
    return sum((cost(url, rule.expr, END) for rule in alerts), ratios)


def _raw_ratio(service: Service, window: Duration) -> str:
    """The policy of Google's SRE workbook as it is usually written."""
    events = service.slos[0].sli.events
    assert events
    return f"sum(rate({events.bad}[{window}])) / sum(rate({events.total}[{window}]))"


def _raw_or_month_from_5m(service: Service, window: Duration) -> str:
    """The same, but the SLO's own window as the mean of its 5m ratios, which weighs idle hours like busy ones."""
    (slo,) = service.slos
    if window != slo.window:
        return _raw_ratio(service, window)
    ratio = f"{names.error_ratio(Duration(300))}{{{names.identity(service.service, slo.name)}}}"
    return f"sum_over_time({ratio}[{window}]) / count_over_time({ratio}[{window}])"


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
        ratio = names.error_ratio(window)
        for name in (ratio, names.tier(ratio), names.burn_rate(window), names.event_rate(window)):
            for at in range(start if name == names.error_ratio(Duration(300)) else END - 1800, END + 1, 30):
                yield f"{name}{{{identity}}} 0.0002 {at}\n"
    for name in (names.BUDGET_REMAINING, names.tier(names.BUDGET_REMAINING)):
        for at in range(END - 1800, END + 1, 30):
            yield f"{name}{{{identity}}} 0.8 {at}\n"
    yield "# EOF\n"
