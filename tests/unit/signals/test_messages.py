"""What alerts say: every value in a form that people read, with its unit, and of what."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from slostack.rules import AlertingRule, service_groups
from slostack.rules.stack import stack_groups
from slostack.spec.signal_library import signal_library
from tests.rules.playing import annotated
from tests.unit.coverage.answers import services
from tests.unit.spec.switching_on import slo_file

_RAW = re.compile(r"\{\{\s*\$value\s*\}\}")


def test_every_value_is_formatted() -> None:
    alerts = [alert for signal in signal_library().values() for alert in signal.alerts]
    library = [text for alert in alerts for text in (alert.summary, alert.description)]
    groups = [*stack_groups(), *(group for service in services().values() for group in service_groups(service))]
    rules = [rule for group in groups for rule in group.rules if isinstance(rule, AlertingRule)]
    built = [text for rule in rules for text in rule.annotations.values()]
    assert [text for text in library + built if _RAW.search(text)] == []


@pytest.mark.parametrize(
    ("signals", "series", "alert", "summary"),
    [
        (
            {"queue": {"waiting": "jobs_queued"}},
            {'jobs_queued{job="shop",instance="a"}': "1234567x80"},
            "QueueBackingUp",
            "1234567 jobs of shop wait",
        ),
        (
            {"postgres": {"limit": 20}},
            {'pg_stat_activity_count{job="shop",instance="a"}': "18x80"},
            "DatabaseConnectionsHigh",
            "shop uses 18 of its 20 database connections",
        ),
        (
            {"postgres": {"limit": "pg_settings_max_connections"}},
            {
                'pg_stat_activity_count{job="shop",instance="a"}': "90x80",
                'pg_settings_max_connections{job="shop",instance="a"}': "100x80",
            },
            "DatabaseConnectionsHigh",
            "shop uses 90 of its 100 database connections",
        ),
        (
            {"process": {"high_memory": "800MB"}},
            {'process_resident_memory_bytes{job="shop",instance="a"}': "810000000x80"},
            "HighMemoryUsage",
            "a of shop holds 810MB of memory",
        ),
        (
            {"certificates": {"within": "1h"}},
            {'probe_ssl_earliest_cert_expiry{job="shop/health",instance="https://a"}': "3600x80"},
            "CertificateExpires",
            "The certificate of https://a expires in 40m",
        ),
        (
            {"certificates": {"within": "1h"}},
            {'probe_ssl_earliest_cert_expiry{job="shop/health",instance="https://a"}': "60x80"},
            "CertificateExpires",
            "The certificate of https://a has expired",
        ),
        (
            {"http": {"latency": "seconds", "slow": "500ms"}},
            {
                'seconds_bucket{job="shop",le="1"}': "0+10x80",
                'seconds_bucket{job="shop",le="+Inf"}': "0+10x80",
            },
            "SlowRequests",
            "shop takes 950ms to answer (95th percentile)",
        ),
        (
            {"pool": {"waiting": "waiting", "in_use": "used", "limit": 20}},
            {'waiting{job="shop",instance="a"}': "0x80", 'used{job="shop",instance="a"}': "19x80"},
            "PoolExhausted",
            "a of shop has no connections to its database left: 19 wait or are in use",
        ),
    ],
    ids=[
        "a count",
        "of a number",
        "of a gauge",
        "of an instance",
        "a time",
        "a time that is over",
        "a quantile",
        "a pool",
    ],
)
def test_what_an_alert_says(signals: dict[str, Any], series: dict[str, str], alert: str, summary: str) -> None:
    said = annotated(slo_file(signals), series, alert, 1200)
    assert re.findall(r'"summary": (".*")', said) == [json.dumps(summary)]
