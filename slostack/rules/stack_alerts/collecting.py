"""Whether metrics and logs come in: scrapes, Loki, and the certificates that probes see."""

from __future__ import annotations

from typing import get_args

from slostack import names
from slostack.bundle import NAMESPACE
from slostack.rules.stack_alerts.alert import stack_alert
from slostack.spec.needs import Need, need_job

_CERTIFICATE_DAYS = 14
_DAY_AND_MORE = 26 * 3600


def missing(jobs: tuple[str, ...]) -> str:
    """Those whose scrapes fail, and the jobs that Prometheus' config has and nothing is found for: what has no pod has
    no `up`."""
    any_of = "|".join(jobs)
    return (
        f'up{{job=~"{any_of}"}} == 0\n'
        f'or min by (scrape_job) (prometheus_target_scrape_pool_targets{{scrape_job=~"{any_of}"}}) == 0'
    )


WHO = "{{ or $labels.scrape_job $labels.job }}{{ with $labels.instance }} {{ . }}{{ end }}"
_PROBES = 'up{job=~".+/.+",instance=~"https?://.+"} == 0'
"""Probes whose exporter is gone: they neither succeed nor fail. An instance of theirs is what is asked."""

_OWN = f'{{namespace=~"{NAMESPACE}(-nodes)?"}}'
_EXPORTERS = need_job(".+", f"({'|'.join(get_args(Need))})")
_DAILY = f'{{namespace=~"{NAMESPACE}",cronjob=~"snapshots|backfill-.+"}}'


def _of_job(metric: str) -> str:
    return f"max by (namespace, cronjob) (kube_cronjob_{metric}{_DAILY})"


COLLECTING = (
    stack_alert(
        "ScrapeFailing",
        "avg_over_time(up[30m]) < 0.9 and resets(up[30m]) > 2",  # a single outage is one reset
        5,
        "medium",
        "{{ $value | humanizePercentage }} of the scrapes of {{ $labels.job }} {{ $labels.instance }} succeed",
        "Within 30 minutes; error ratios get coarser.",
        "scrape-failing",
    ),
    stack_alert(
        "StackServerDown",
        missing(names.SERVER_JOBS),
        5,
        "high",
        f"{WHO} is down",
        "It answers no scrapes, or has no pod: part of what judges, stores or notifies is missing.",
        "stack-server-down",
    ),
    stack_alert(
        "CollectorDown",
        f"{missing(names.COLLECTOR_JOBS)}\nor {_PROBES}",
        15,
        "medium",
        f"{WHO} can't be scraped",
        "It answers no scrapes, or has no pod: what it tells of "
        "logs, probes, nodes, volumes or pods is missing, its alerts too.",
        "collector-down",
    ),
    stack_alert(
        "ExporterDown",
        f'up{{job=~"{_EXPORTERS}"}} == 0',
        15,
        "medium",
        "The exporter {{ $labels.job }} for {{ $labels.instance }} can't be scraped",
        "What a service needs that is managed elsewhere is not seen: alerts on it are silent, whatever happens to it.",
        "exporter-down",
    ),
    stack_alert(
        "ReplicasMissing",
        f"max by (namespace, deployment) (kube_deployment_status_replicas_unavailable{_OWN}) > 0\n"
        f"or max by (namespace, statefulset) (\n"
        f"  kube_statefulset_replicas{_OWN}\n"
        f"  - kube_statefulset_status_replicas_available{_OWN}\n"
        f") > 0\n"
        f"or max by (namespace, daemonset) (kube_daemonset_status_number_unavailable{_OWN}) > 0",
        15,
        "medium",
        '{{ $value | printf "%.0f" }} of {{ $labels.namespace }}/'
        "{{ or $labels.deployment $labels.statefulset $labels.daemonset }} not available",
        "Pods that are wanted wait for a node or a volume, don't start or aren't ready: "
        "the next failure finds no replica, or a node has no collector.",
        "replicas-missing",
    ),
    stack_alert(
        "DailyJobFailed",
        f"time() - (\n"
        f"  {_of_job('status_last_schedule_time')}\n"
        f"  > ({_of_job('status_last_successful_time')} or 0 * {_of_job('status_last_schedule_time')})\n"
        f"  unless {_of_job('status_active')} > 0\n"
        f") > 0\n"
        f"or time() - (\n"
        f"  {_of_job('status_last_schedule_time')}\n"
        f"  or {_of_job('created')}\n"
        f") > {_DAY_AND_MORE}",
        15,
        "medium",
        "{{ $labels.cronjob }} of {{ $labels.namespace }} was not done; it last began, or was made, "
        "{{ $value | humanizeDuration }} ago",
        "Snapshots: a lost volume is lost with all since the last one. Backfill: the budgets of new SLOs begin today.",
        "daily-job-failed",
    ),
    stack_alert(
        "RemoteWriteBehind",
        "time() - prometheus_remote_storage_queue_highest_sent_timestamp_seconds > 300\n"
        "or increase(prometheus_remote_storage_samples_failed_total[10m]) > 0",
        15,
        "medium",
        "{{ $labels.remote_name }} doesn't get the samples of {{ $labels.instance }}",
        "It is over five minutes behind, or refuses samples. What waits is kept for two hours and sent unless "
        "Prometheus is restarted, so don't restart it meanwhile; what is refused is lost there.",
        "remote-write-behind",
    ),
    stack_alert(
        "LogIngestionFailing",
        "sum by (job, reason) (increase(loki_discarded_samples_total[15m])) > 0\n"
        "or sum by (job, reason) (increase(loki_write_dropped_entries_total[15m])) > 0\n"
        "or sum by (job, reason) (\n"
        "  label_replace(\n"
        '    increase(loki_process_dropped_lines_by_label_total{label_name="namespace"}[15m]),\n'
        '    "reason", "too many lines of $1", "label_value", "(.*)"\n'
        "  )\n"
        ") > 0\n"
        "or sum by (job, status_code) (\n"
        '  increase(loki_request_duration_seconds_count{route="loki_api_v1_push",status_code=~"5.."}[15m])\n'
        ") > 0",
        5,
        "medium",
        "Logs are lost: {{ or $labels.reason $labels.status_code }}",
        "Loki refuses log lines, or its collector drops some; SLOs from logs count too few.",
        "log-ingestion-failing",
    ),
    stack_alert(
        "LogsNotStored",
        "increase(loki_ingester_chunks_flush_failures_total[10m]) > 0",
        15,
        "high",
        "{{ $labels.instance }} can't store logs",
        "Loki fails to put chunks into its bucket, or onto its disk, and holds them in memory meanwhile, until that is "
        "full. The lines are on its volume alone.",
        "logs-not-stored",
    ),
    stack_alert(
        "CertificateExpiring",
        f"probe_ssl_earliest_cert_expiry - time() < {_CERTIFICATE_DAYS} * 86400",
        60,
        "medium",
        "The certificate of {{ $labels.instance }} "
        "{{ if gt $value 0.0 }}expires in {{ $value | humanizeDuration }}{{ else }}has expired{{ end }}",
        "Clients will refuse the connection then.",
        "certificate-expiring",
    ),
)
