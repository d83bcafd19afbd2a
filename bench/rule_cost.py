"""Samples that one ratio SLO's rules touch per 30 s cycle, beside the same SLO as raw windows, in two ways.

Measured over a month of history at several numbers of raw series.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.prometheus import Cost, cost, prometheus_with
from slostack import names
from slostack.rules import AlertingRule, RecordingRule, RuleGroup, service_groups
from slostack.rules.budget import windows
from slostack.spec import Duration, Service, parse_service

DAYS = 30
SCRAPE_SECONDS = {4: 30, 40: 30, 400: 60}
"""By the number of raw series; the most of them are scraped more seldom, so that their month is made in a minute."""
END = 1_800_000_000
LEAST_RATIO = 40


def main() -> bool:
    """Prints the tables; whether the figures are met."""
    met = [_compare(series, seconds) for series, seconds in SCRAPE_SECONDS.items()]
    return all(met)


def _compare(series: int, scrape_seconds: int) -> bool:
    service = parse_service(_slo_file(scrape_seconds), "bench.yaml")
    with (
        tempfile.TemporaryDirectory() as folder,
        prometheus_with(_history(service, series, scrape_seconds), Path(folder)) as url,
    ):
        rows = [(f"slostack: {group.name}", _group_cost(url, group)) for group in service_groups(service)]
        ours = sum((cost for _, cost in rows), Cost(0, 0))
        raw = _raw_windows_cost(url, service, lambda window: _raw_ratio(service, window))
        month_from_5m = _raw_windows_cost(url, service, lambda window: _raw_or_month_from_5m(service, window))
    print(
        f"\n{f'{series} raw series, scraped every {scrape_seconds} s':<48}{'samples per cycle':>20}{'ms per cycle':>16}"
    )
    others = (("raw windows, the month as a mean of 5m ratios", month_from_5m), ("raw windows, the month too", raw))
    for name, its_cost in (*rows, ("slostack", ours), *others):
        print(f"{name:<48}{its_cost.samples:>20,.0f}{its_cost.seconds * 1000:>16.1f}")
    fewer = [other.samples / ours.samples for _, other in others]
    faster = [other.seconds / ours.seconds for _, other in others]
    print(f"{fewer[0]:.0f} and {fewer[1]:.0f} times fewer samples than these two")
    print(f"{faster[0]:.0f} and {faster[1]:.0f} times faster")
    met = min(fewer) >= LEAST_RATIO
    print(f"at least {LEAST_RATIO} times fewer than either: {'met' if met else 'MISSED'}")
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


def _slo_file(scrape_seconds: int) -> str:
    return f"""
service: bench
description: A service for measuring
team: bench
scrape: [{{job: bench, interval: {scrape_seconds}s, timeout: 10s}}]
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


def _history(service: Service, series: int, scrape_seconds: int) -> Iterator[str]:
    """OpenMetrics lines: raw counters of four statuses per pod, and the series that the rules have recorded of them."""
    start = END - DAYS * 86400
    (slo,) = service.slos
    identity = names.identity(service.service, slo.name)
    yield "# TYPE http_requests counter\n"
    for pod in range(series // 4):
        for status, rate in (("200", 10.0), ("404", 0.1), ("301", 0.1), ("500", 0.002)):
            labels = f'job="bench",instance="pod-{pod}",status="{status}"'
            times = range(start, END + 1, scrape_seconds)
            yield "".join([f"http_requests_total{{{labels}}} {(at - start) * rate:.2f} {at}\n" for at in times])
    for name, value in ((names.EVENTS, 24_000.0), (names.BAD_EVENTS, 5.0)):
        for at in range(start, END + 1, names.TIER_INTERVAL.seconds):
            yield f"{name}{{{identity}}} {value} {at}\n"
    month_of = names.error_ratio(Duration(300))
    recorded = {
        rule.record for group in service_groups(service) for rule in group.rules if isinstance(rule, RecordingRule)
    }
    for name in sorted(recorded - {names.EVENTS, names.BAD_EVENTS}):
        for at in range(start if name == month_of else END - 1800, END + 1, names.EVALUATION_INTERVAL.seconds):
            yield f"{name}{{{identity}}} 0.0002 {at}\n"
    yield "# EOF\n"
