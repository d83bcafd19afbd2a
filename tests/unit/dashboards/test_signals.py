"""What alerts watch, in which unit, and what things are called."""

from __future__ import annotations

import pytest

from slostack.dashboards.naming import words
from slostack.dashboards.signals import signals
from slostack.dashboards.units import unit_of
from slostack.names import panel_id
from slostack.spec.syntax import parse_promql


@pytest.mark.parametrize(
    ("expr", "watched"),
    [
        ("a > 3", [("a", ">", 3)]),
        ("3 < a", [("a", ">", 3)]),
        ("(a <= bool -1.5)", [("a", "<=", -1.5)]),
        ("2 == a", [("a", "==", 2)]),
        ("a - time() < 14 * (86400 / 2)", [("a - time()", "<", 604800)]),
        ("a > 2 * scalar(b)", [("a", None, None), ("2 * scalar(b)", None, None)]),
        ("a > b", [("a", None, None), ("b", None, None)]),
        ("a > 1 and on (x) b > 2", [("a", ">", 1)]),
        ("a > 1 unless b", [("a", ">", 1)]),
        ("a > 1 or b < 2", [("a", ">", 1), ("b", "<", 2)]),
        ("a > 1 or a > 1", [("a", ">", 1)]),
        ("absent(a == 1)", [("a", None, None)]),
        ('absent_over_time(a{x="y"}[5m])', [('a{x="y"}', None, None)]),
        ("rate(a[5m]) / rate(b[5m])", [("rate(a[5m]) / rate(b[5m])", None, None)]),
        ("sum(a) * 2 > 800e6", [("sum(a) * 2", ">", 800e6)]),
        ("a offset 5m > 1", [("a offset 5m", ">", 1)]),
        (r'a{b="C:\\x \"y\""} > 1', [(r'a{b="C:\\x \"y\""}', ">", 1)]),
    ],
)
def test_what_an_alert_watches(expr: str, watched: list[tuple[str, str | None, float | None]]) -> None:
    assert [(signal.expr, signal.comparison, signal.threshold) for signal in signals(expr)] == watched


@pytest.mark.parametrize(
    ("expr", "labels"),
    [
        ("sum(a) > 1", ()),
        ("max by (x, y) (a) > 1", ("x", "y")),
        ("sum without (x) (a) > 1", None),
        ("a > 1", None),
        ("topk by (x) (2, a) > 1", None),
        ("histogram_quantile(0.9, sum by (le, route) (rate(a_bucket[5m]))) > 1", ("route",)),
        ("time() - max(a) > 1", ()),
        ("predict_linear(sum(a)[6h:5m], 4 * 86400) > 1", ()),
        ("2 * max by (x) (a) > 1", ("x",)),
        ("sum by (x) (a) / on (x) b > 1", ("x",)),
        ("clamp_min(a, 0) > 1", None),
    ],
)
def test_the_labels_of_what_it_watches(expr: str, labels: tuple[str, ...] | None) -> None:
    assert signals(expr)[0].labels == labels


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
