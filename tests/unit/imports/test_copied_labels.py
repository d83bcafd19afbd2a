"""A pyrra SLO grouped by a label that the generator sets itself, such as `service`, is grouped by a copy of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.playing import play
from tests.unit.imports.reading import imported, lines, the_file
from tests.unit.imports.test_firing import SOON, STILL, UP, native

HEAD = """\
apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: calls, labels: {pyrra.dev/service: rpc}}
spec:
  target: "99"
  window: 2w
  indicator:
"""
RATIO = """\
    ratio:
      errors: {metric: 'calls_total{job="rpc",code="internal"}'}
      total: {metric: 'calls_total{job="rpc"}'}
      grouping: [service, method]
"""
LATENCY = """\
    latency:
      success: {metric: 'calls_seconds_bucket{job="rpc",le="0.3"}'}
      total: {metric: 'calls_seconds_count{job="rpc"}'}
      grouping: [service]
"""
NATIVE = """\
    latencyNative:
      latency: 1s
      total: {metric: 'calls_seconds{job="rpc"}'}
      grouping: [service]
"""
GAUGE = """\
    bool_gauge:
      metric: up{job="rpc"}
      grouping: [service]
"""
SERIES = {
    RATIO: {
        'calls_total{{job="rpc",service="{0}",method="get",code="ok"}}': (UP, STILL),
        'calls_total{{job="rpc",service="{0}",method="get",code="internal"}}': (STILL, UP),
    },
    LATENCY: {
        'calls_seconds_bucket{{job="rpc",service="{0}",le="0.3"}}': (UP, STILL),
        'calls_seconds_count{{job="rpc",service="{0}"}}': (UP, UP),
    },
    NATIVE: {'calls_seconds{{job="rpc",service="{0}"}}': (native(-5), native(2))},
    GAUGE: {'up{{job="rpc",service="{0}"}}': ("1x200", "0x200")},
}
"""The series of a service in good and in bad times."""


@pytest.mark.parametrize("indicator", SERIES, ids=["ratio", "latency", "native", "gauge"])
def test_only_the_group_whose_events_are_bad_fires(indicator: str, tmp_path: Path) -> None:
    found = imported(tmp_path, HEAD + indicator)
    assert "spec.indicator: grouped by service as exported_service, as the generator sets" in lines(found.assumed)
    series = {
        name.format(service): values[service == "pay"]
        for name, values in SERIES[indicator].items()
        for service in ("pay", "ship")
    }
    query = 'count by (exported_service) (ALERTS{alertstate="firing",alertname="ErrorBudgetBurn",service="rpc"})'
    fired = play(the_file(found), series, {query: [SOON]}).values(query, SOON, "exported_service")
    assert set(fired) == {"pay"}
