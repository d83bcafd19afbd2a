"""In which unit what alerts watch is, and what things are called."""

from __future__ import annotations

import pytest

from slostack.dashboards.naming import words
from slostack.dashboards.units import unit_of
from slostack.names import panel_id
from slostack.spec.syntax import parse_promql


@pytest.mark.parametrize(
    ("expr", "unit"),
    [
        ("process_resident_memory_bytes", "decbytes"),
        ("rate(sent_bytes_total[5m])", "Bps"),
        ("rate(cpu_seconds_total[5m])", "percentunit"),
        ("rate(http_requests_total[5m])", "ops"),
        ("increase(errors_total[1h])", "short"),
        ("max_over_time(wait_seconds[5m])", "s"),
        ("quota_ratio", "percentunit"),
        ("battery_percent", "percent"),
        ("open_fds / max_fds", "percentunit"),
        ("used_bytes / limit_bytes", "percentunit"),
        ("100 * (used_bytes / limit_bytes)", "percent"),
        ("used_bytes / 1024", "decbytes"),
        ("sum(used_bytes) - sum(cache_bytes)", "decbytes"),
        ("rate(wait_seconds_sum[5m]) / rate(wait_seconds_count[5m])", "s"),
        ("histogram_quantile(0.95, sum by (le) (rate(wait_seconds_bucket[5m])))", "s"),
        ("time() - max(done_timestamp_seconds)", "s"),
        ("count(up == 0)", "short"),
        ("sum(jobs)", "short"),
        ("used_bytes * 2", "decbytes"),
        ("a * b", "short"),
    ],
)
def test_units_follow_from_names_and_operations(expr: str, unit: str) -> None:
    assert unit_of(parse_promql(expr)) == unit


@pytest.mark.parametrize(
    ("name", "spelled_out"),
    [
        ("ServiceDown", "Service down"),
        ("AIProviderDegraded", "AI provider degraded"),
        ("HTTP5xxHigh", "HTTP 5xx high"),
        ("HighCPU", "High CPU"),
        ("quiz-latency-p95", "Quiz latency p95"),
        ("::_", "::_"),
    ],
)
def test_names_are_spelled_out(name: str, spelled_out: str) -> None:
    assert words(name) == spelled_out


def test_panel_ids_come_from_the_key_alone() -> None:
    assert panel_id("burn-rate/availability") == panel_id("burn-rate/availability")
    assert panel_id("burn-rate/availability") != panel_id("burn-rate/latency")
