"""What runs out: disks and memory."""

from __future__ import annotations

from slostack import names
from slostack.rules.stack_alerts.alert import stack_alert

_DAYS = 4
_LEAST_SERIES = 50_000
"""Growth below it is no trouble."""

CAPACITY = (
    stack_alert(
        "DiskFillingUp",
        f"(\n"
        f"  predict_linear(kubelet_volume_stats_available_bytes[6h], {_DAYS} * 86400) < 0\n"
        f"  and kubelet_volume_stats_available_bytes < 0.4 * kubelet_volume_stats_capacity_bytes\n"
        f")\n"
        f"or (\n"
        f'  predict_linear(node_filesystem_avail_bytes{{fstype!~"tmpfs|ramfs|overlay"}}[6h], {_DAYS} * 86400) < 0\n'
        f"  and node_filesystem_avail_bytes < 0.4 * node_filesystem_size_bytes\n"
        f"  and node_filesystem_readonly == 0\n"
        f")",
        60,
        "high",
        "{{ or $labels.persistentvolumeclaim $labels.mountpoint }} of "
        "{{ or $labels.namespace $labels.instance }} is full within four days",
        "It fills as it did in the last six hours, and less than 40 % of it are free.",
        "disk-filling-up",
    ),
    stack_alert(
        "NothingStored",
        "absent(count(count_over_time(up[2m])))",
        2,
        "high",
        f'{{{{ or $externalLabels.{names.REPLICA} "Prometheus" }}}} stores nothing',
        "Its disk is full, mostly. It judges what it has seen for five minutes; then alerts end, the Watchdog too.",
        "write-ahead-log-broken",
    ),
    stack_alert(
        "WriteAheadLogBroken",
        "prometheus_tsdb_wal_writes_failed_total > 0",
        1,
        "high",
        "{{ $labels.instance }} loses, at its next start, what it has stored since its disk was full",
        "Its write-ahead log is read up to the first write that failed. Make room, then restart it soon.",
        "write-ahead-log-broken",
    ),
    stack_alert(
        "SeriesGrowing",
        f"prometheus_tsdb_head_series > 1.5 * (max_over_time(prometheus_tsdb_head_series[1h] offset 1d))\n"
        f"and prometheus_tsdb_head_series > {_LEAST_SERIES}",
        30,
        "medium",
        "{{ $labels.instance }} holds {{ $value | humanize }} series, over half more than a day ago",
        "Prometheus' memory grows with them until it is killed; mostly one metric has a label with too many values.",
        "series-growing",
    ),
)
