"""Whether Thanos puts metrics into the bucket, keeps them in order there and reads them all."""

from __future__ import annotations

from slostack import names
from slostack.rules.stack_alerts.alert import THANOS, stack_alert
from slostack.rules.stack_alerts.collecting import WHO, missing

_HOURS_WITHOUT_UPLOAD = 5
"""Prometheus makes a block every two hours, the first after three."""
_HOURS_WITHOUT_COMPACTION = 12
_FAILING_SHARE = 0.05
_FAILED = 'grpc_code=~"Unknown|Internal|Unavailable|DataLoss|DeadlineExceeded"'
_QUERIES = 'job="thanos-query",handler=~"query|query_range"'


def _for_hours(expr: str, job: str, hours: int) -> str:
    """What holds for a process that has run for some hours."""
    return f'{expr}\nand on (job, instance) (time() - process_start_time_seconds{{job="{job}"}} > {hours} * 3600)'


THANOS_ALERTS = (
    stack_alert(
        "ThanosServerDown",
        missing(names.THANOS_JOBS),
        5,
        "high",
        f"{WHO} is down",
        "It answers no scrapes, or has no pod. Dashboards read through Thanos; SLOs are judged without it.",
        "thanos-server-down",
        dashboard=THANOS,
    ),
    stack_alert(
        "ThanosUploadsMissing",
        _for_hours(
            f'increase(thanos_shipper_uploads_total{{job="thanos-sidecar"}}[{_HOURS_WITHOUT_UPLOAD}h]) == 0',
            "thanos-sidecar",
            _HOURS_WITHOUT_UPLOAD,
        ),
        15,
        "high",
        f"{{{{ $labels.instance }}}} has uploaded nothing for {_HOURS_WITHOUT_UPLOAD} hours",
        "Its Prometheus makes a block every two hours. What isn't uploaded is on one volume alone, and lost for the "
        "bucket once it is older than prometheus.retention.",
        "thanos-uploads-missing",
        dashboard=THANOS,
    ),
    stack_alert(
        "ThanosBucketFailing",
        "sum by (job, instance, operation) (rate(thanos_objstore_bucket_operation_failures_total[10m]))\n"
        "/ sum by (job, instance, operation) (rate(thanos_objstore_bucket_operations_total[10m]))\n"
        f"> {_FAILING_SHARE}",
        15,
        "medium",
        "{{ $value | humanizePercentage }} of {{ $labels.operation }} in the bucket fail for {{ $labels.job }} "
        "{{ $labels.instance }}",
        "It can't reach the bucket, or has no right in it: blocks wait for their upload, or can't be read.",
        "thanos-bucket-failing",
        dashboard=THANOS,
    ),
    stack_alert(
        "ThanosCompactorStandsStill",
        "thanos_compact_halted == 1\nor\n"
        + _for_hours(
            f"increase(thanos_compact_iterations_total[{_HOURS_WITHOUT_COMPACTION}h]) == 0",
            "thanos-compactor",
            _HOURS_WITHOUT_COMPACTION,
        ),
        15,
        "medium",
        "The compactor stands still",
        "It found a block that it can't handle, or gets no run done. Nothing is lost, but blocks pile up: queries get "
        "slower, no coarser samples are made, and nothing old is deleted.",
        "thanos-compactor-stands-still",
        dashboard=THANOS,
    ),
    stack_alert(
        "ThanosQueryFailing",
        f'sum by (job) (rate(http_requests_total{{{_QUERIES},code=~"5.."}}[5m]))\n'
        f"/ sum by (job) (rate(http_requests_total{{{_QUERIES}}}[5m])) > {_FAILING_SHARE}\n"
        f'or sum by (job) (rate(grpc_client_handled_total{{job="thanos-query",{_FAILED}}}[5m]))\n'
        f'/ sum by (job) (rate(grpc_client_started_total{{job="thanos-query"}}[5m])) > {_FAILING_SHARE}',
        10,
        "high",
        "{{ $value | humanizePercentage }} of what is asked by Thanos' query, or of it, fails",
        "Dashboards show errors, or only a part of what there is.",
        "thanos-query-failing",
        dashboard=THANOS,
    ),
)
