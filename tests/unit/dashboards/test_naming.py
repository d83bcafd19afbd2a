"""In which unit what alerts watch is, and what things are called."""

from __future__ import annotations

import pytest

from slostack.dashboards.naming import words, words_within
from slostack.dashboards.units import unit_of
from slostack.names import panel_id
from slostack.spec.syntax import parse_promql


@pytest.mark.parametrize(
    ("expr", "unit"),
    [
        ("process_resident_memory_bytes", "decbytes"),
        ("rate(sent_bytes_total[5m])", "Bps"),
        ("rate(cpu_seconds_total[5m])", "percentunit"),
        ("rate(jobs_total[5m])", "ops"),
        ("rate(http_requests_total[5m])", "reqps"),
        ("sum(rate(http_request_duration_seconds_count[5m]))", "reqps"),
        ("rate(http_requests_total[5m]) / rate(jobs_total[5m])", "percentunit"),
        ("rate(sent_bytes_total[5m]) / rate(http_requests_total[5m])", "decbytes"),
        ("1 - rate(failed_total[5m]) / rate(http_requests_total[5m])", "percentunit"),
        ("slo:error_ratio:rate1h", "percentunit"),
        ("slo:error_budget_exhaustion:seconds", "s"),
        ("aws_rds_cpuutilization_average", "percent"),
        ("last_over_time(aws_rds_free_storage_space_average[10m])", "decbytes"),
        ("1 - aws_rds_free_storage_space_average / 20e9", "percentunit"),
        ("aws_rds_database_connections_average", "short"),
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
        ("HighCpuUsage", "High CPU usage"),
        ("SLOBurn", "SLO burn"),
        ("SmsTlsRdsApiFailing", "SMS TLS RDS API failing"),
        ("GrpcLatencyP95High", "gRPC latency p95 high"),
        ("S3BucketFull", "S3 bucket full"),
        ("p99_over_limit", "p99 over limit"),
        ("QAFailing", "QA failing"),
        ("quiz-latency-p95", "Quiz latency p95"),
        ("::_", "::_"),
    ],
)
def test_names_are_spelled_out(name: str, spelled_out: str) -> None:
    assert words(name) == spelled_out


@pytest.mark.parametrize(
    ("name", "within"), [("http_requests", "HTTP requests"), ("ServiceDown", "service down"), ("p99", "p99")]
)
def test_names_are_spelled_out_within_sentences(name: str, within: str) -> None:
    assert words_within(name) == within


def test_panel_ids_come_from_the_key_alone() -> None:
    assert panel_id("burn-rate/availability") == panel_id("burn-rate/availability")
    assert panel_id("burn-rate/availability") != panel_id("burn-rate/latency")
