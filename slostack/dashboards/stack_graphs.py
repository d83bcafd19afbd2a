"""What the dashboard of the stack itself shows of each server."""

from __future__ import annotations

from slostack import names
from slostack.dashboards import units
from slostack.dashboards.one_line import OneLine

MOST_LINES = 10
"""The most lines of a graph that would otherwise have one for each rule group or target."""
PATHS = r"\S*/\S+\.yaml;"
"""The path of a file, which Prometheus puts before the name of a rule group."""
_EVERY_JOB = "|".join((*names.SERVER_JOBS, *names.COLLECTOR_JOBS))
_SERVERS = f'job=~"{"|".join(names.SERVER_JOBS)}"'
_BY_SERVER = "{{job}} {{instance}}"
_LOKI_RATE = "sum by (le, route) (rate(loki_request_duration_seconds_bucket[$__rate_interval]))"


def _by_channel(metric: str) -> str:
    """What a channel did in the last hour, of the channels that did something; a line at 0 where none did."""
    return (
        f"sum by (integration) (increase({metric}[1h])) > 0\n"
        'or label_replace(vector(0), "integration", "others", "", "")'
    )


ANSWERS = OneLine(
    "stack/up",
    "Answers",
    "Whether each server and collector answers Prometheus: 1 is yes, 0 is no.",
    units.NUMBER,
    f'up{{job=~"{_EVERY_JOB}"}}',
    _BY_SERVER,
)
OF_SERVERS = (
    OneLine(
        "stack/cpu",
        "CPU",
        "CPUs that each server keeps busy; 1 is a whole one.",
        units.NUMBER,
        f"rate(process_cpu_seconds_total{{{_SERVERS}}}[$__rate_interval])",
        _BY_SERVER,
    ),
    OneLine(
        "stack/memory",
        "Memory",
        "Resident memory of each server.",
        units.BYTES,
        f"process_resident_memory_bytes{{{_SERVERS}}}",
        _BY_SERVER,
    ),
    OneLine(
        "stack/scrapes",
        "Slowest scrapes",
        f"How long the {MOST_LINES} slowest targets take to answer a scrape.",
        units.SECONDS,
        f"topk({MOST_LINES}, scrape_duration_seconds)",
        _BY_SERVER,
    ),
)
OF_PROMETHEUS = (
    OneLine(
        "stack/series",
        "Series in memory",
        "Series that have had a sample of late; memory grows with them.",
        units.NUMBER,
        "prometheus_tsdb_head_series",
    ),
    OneLine(
        "stack/samples",
        "Samples",
        "Samples that are scraped, recorded and received, per second.",
        units.PER_SECOND,
        "sum by (instance) (rate(prometheus_tsdb_head_samples_appended_total[$__rate_interval]))",
    ),
    OneLine(
        "stack/rule-groups",
        "Slowest rule groups",
        f"How long the {MOST_LINES} slowest rule groups took last; one that takes longer than its interval misses "
        "evaluations.",
        units.SECONDS,
        f"topk({MOST_LINES}, max by (rule_group) (prometheus_rule_group_last_duration_seconds))",
        "{{rule_group}}",
        unsaid=PATHS,
    ),
    OneLine(
        "stack/storage",
        "Storage",
        "What blocks take on disk.",
        units.BYTES,
        "prometheus_tsdb_storage_blocks_bytes",
    ),
)
OF_ALERTMANAGER = (
    OneLine(
        "stack/alerts",
        "Alerts held",
        "Alerts that Alertmanager holds, by state; suppressed ones are silenced or inhibited.",
        units.NUMBER,
        "max by (state) (alertmanager_alerts)",
        "{{state}}",
    ),
    OneLine(
        "stack/notifications",
        "Notifications",
        "Notifications that were tried in the last hour, by channel.",
        units.NUMBER,
        _by_channel("alertmanager_notifications_total"),
        "{{integration}}",
    ),
    OneLine(
        "stack/failed-notifications",
        "Failed notifications",
        "Notifications that a channel did not take in the last hour, tries that were repeated among them.",
        units.NUMBER,
        _by_channel("alertmanager_notifications_failed_total"),
        "{{integration}}",
    ),
)
OF_LOKI_AND_GRAFANA = (
    OneLine(
        "stack/log-lines",
        "Log lines",
        "Log lines that Loki takes in, per second.",
        units.PER_SECOND,
        "sum by (instance) (rate(loki_distributor_lines_received_total[$__rate_interval]))",
    ),
    OneLine(
        "stack/log-requests",
        "Loki's slowest requests, p99",
        f"The 99th percentile of how long Loki takes to answer, of the {MOST_LINES} slowest routes.",
        units.SECONDS,
        f"topk({MOST_LINES}, histogram_quantile(0.99, {_LOKI_RATE}) > 0)",
        "{{route}}",
    ),
    OneLine(
        "stack/grafana-requests",
        "Grafana's requests",
        "Requests to Grafana, per second.",
        units.REQUESTS_PER_SECOND,
        "sum by (instance) (rate(grafana_http_request_duration_seconds_count[$__rate_interval]))\n"
        "or sum by (instance) (rate(grafana_api_response_status_total[$__rate_interval]))",
    ),
)
OF_THANOS = (
    OneLine(
        "thanos/uploads",
        "Blocks uploaded",
        "Blocks that each sidecar put into the bucket in the last three hours: one or two.",
        units.NUMBER,
        "increase(thanos_shipper_uploads_total[3h])",
        _BY_SERVER,
    ),
    OneLine(
        "thanos/blocks",
        "Blocks in the bucket",
        "Blocks that each store answers for.",
        units.NUMBER,
        "thanos_bucket_store_blocks_loaded",
        _BY_SERVER,
    ),
    OneLine(
        "thanos/compactions",
        "Runs of the compactor",
        "Times in the last hour that the compactor had nothing left to do.",
        units.NUMBER,
        "increase(thanos_compact_iterations_total[1h])",
        _BY_SERVER,
    ),
)
