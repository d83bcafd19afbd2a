"""What signals watch is recorded as their alerts see it: near is what is about to fire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slostack import names, plain_yaml, promtool
from slostack.rules import RecordingRule, render_rules
from slostack.rules.signal_values import signal_groups
from slostack.spec import Service, parse_service
from slostack.spec.signal_alerts import LibraryAlert
from slostack.spec.signal_library import Signal, signal_library
from slostack.spec.watched import watched
from tests.unit.spec.switching_on import slo_file, switched_on

WITH_PAGE = [signal for signal in signal_library().values() if signal.page]
SHOP = {
    "postgres": {"reachable": "pg_up", "limit": 20, "connections_at": "80%", "queries": "db_query_duration_seconds"},
    "redis": [{}, {"prefix": "Cache", "used": "cache_bytes", "limit": "most_cache_bytes", "memory_at": "50%"}],
}
SERIES = {
    'pg_up{job="shop"}': "0x20",
    'pg_stat_activity_count{job="shop",instance="a",state="active"}': "12x20",
    'pg_stat_activity_count{job="shop",instance="a",state="idle"}': "8x20",
    'db_query_duration_seconds_bucket{job="shop",le="1"}': "0x20",
    'db_query_duration_seconds_bucket{job="shop",le="+Inf"}': "0x20",
    'redis_memory_used_bytes{job="shop"}': "40x20",
    'redis_memory_max_bytes{job="shop"}': "100x20",
    'cache_bytes{job="shop"}': "75x20",
    'most_cache_bytes{job="shop"}': "100x20",
}
RECORDED = {
    ("postgres", "DatabaseDown", ""): (0, 1),
    ("postgres", "DatabaseConnectionsHigh", ""): (20, 1.25),
    ("redis", "RedisMemoryHigh", ""): (0.4, 0.5),
    ("redis", "RedisMemoryHigh", "Cache"): (0.75, 1.5),
}


def load(signals: dict[str, Any]) -> Service:
    return parse_service(slo_file(signals), "shop.yaml")


def test_pages_are_those_that_have_a_dashboard() -> None:
    assert {signal.name for signal in WITH_PAGE} == set(names.SHARED_PAGES)
    assert all(signal.page for signal in signal_library().values() for alert in signal.alerts if alert.page)


@pytest.mark.parametrize("signal", WITH_PAGE, ids=lambda signal: str(signal.name))
def test_every_alert_on_a_page_watches_one_thing(signal: Signal) -> None:
    service = switched_on(signal)
    shown = [alert for alert in service.alerts if isinstance(alert, LibraryAlert) and alert.page]
    assert {alert.page for alert in shown} == {alert.page for alert in signal.alerts} - {None}
    assert all(watched(alert.expr)[0].labels == () for alert in shown)
    assert len({alert.page for alert in shown}) == len(shown)


def test_values_and_nearness_are_those_of_the_alerts(tmp_path: Path) -> None:
    service: Service = load(SHOP)
    (tmp_path / "shop.yaml").write_text(render_rules(service), encoding="utf-8")
    expected = []
    for nth, name in enumerate((names.SIGNAL_VALUE, names.SIGNAL_NEARNESS)):
        samples = [{"labels": _series(name, *labels), "value": values[nth]} for labels, values in RECORDED.items()]
        expected.append({"expr": name, "eval_time": "6m", "exp_samples": samples})
    inputs = [{"series": series, "values": values} for series, values in SERIES.items()]
    document = {
        "rule_files": ["shop.yaml"],
        "fuzzy_compare": True,
        "tests": [{"interval": "30s", "input_series": inputs, "promql_expr_test": expected}],
    }
    (tmp_path / "fixture.yaml").write_text(plain_yaml.dump(document), encoding="utf-8")
    played = promtool.test_rules(tmp_path / "fixture.yaml")
    assert played.passed, played.output


def _series(name: str, signal: str, alert: str, prefix: str) -> str:
    of_prefix = f',prefix="{prefix}"' if prefix else ""
    return f'{name}{{service="shop",signal="{signal}",alert="{alert}"{of_prefix}}}'


def test_a_service_without_such_alerts_has_no_group() -> None:
    assert signal_groups(load({"up": {}})) == ()
    assert signal_groups(load({"redis": {"alerts": {"RedisMemoryHigh": "off"}}})) == ()
    (group,) = signal_groups(load({"redis": {"alerts": {"RedisMemoryHigh": {"name": "Full"}}}}))
    assert {rule.labels[names.ALERT] for rule in group.rules if isinstance(rule, RecordingRule)} == {"RedisMemoryHigh"}
