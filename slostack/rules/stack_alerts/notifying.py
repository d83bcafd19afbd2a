"""Whether people hear of alerts, and whether the servers run with what was last deployed."""

from __future__ import annotations

from slostack import names
from slostack.rules.stack_alerts.alert import stack_alert

NOTIFYING = (
    stack_alert(
        names.WATCHDOG,
        "vector(1) and on () up",  # a Prometheus that stores nothing judges nothing
        0,
        names.NO_SEVERITY,
        "Alerts are judged and sent",
        "Fires while samples are stored, for a dead man's switch: that tells somebody when it hears nothing.",
        "watchdog",
    ),
    stack_alert(
        "NotificationsFailing",
        "sum by (instance, integration) (increase(alertmanager_notifications_failed_total[20m])) > 0\n"
        "or min by (instance) (increase(prometheus_notifications_dropped_total[5m])) > 0\n"  # by every Alertmanager
        "or sum by (instance) (increase(loki_prometheus_notifications_dropped_total[5m])) > 0",
        5,
        "high",
        "Notifications don't get through{{ with $labels.integration }} by {{ . }}{{ end }}",
        "Alerts fire, but people may not hear of them.",
        "notifications-failing",
    ),
    stack_alert(
        "AlertmanagersApart",
        "max_over_time(alertmanager_cluster_members[5m])\n"
        "< on (job) group_left () count by (job) (max_over_time(alertmanager_cluster_members[5m]))",
        15,
        "medium",
        '{{ $labels.instance }} sees {{ $value | printf "%.0f" }} Alertmanagers, itself among them, but more run',
        "Those that don't hear of each other notify each on its own: twice, or past a silence.",
        "alertmanagers-apart",
    ),
    stack_alert(
        "ConfigReloadFailing",
        "prometheus_config_last_reload_successful == 0 or alertmanager_config_last_reload_successful == 0\n"
        "or loki_ruler_config_last_reload_successful == 0",
        5,
        "high",
        "{{ $labels.job }} could not load its configuration",
        "It goes on with the one before; the last change is not in effect.",
        "config-reload-failing",
    ),
    stack_alert(
        names.STILL_FIRING,
        f'label_replace(max without (alertstate) (ALERTS{{alertstate="firing",{names.SEVERITY}="critical",'
        f'{names.SERVICE}!="",{names.TEAM}!=""}}), "{names.ESCALATES}", "$1", "alertname", "(.+)")',
        15,
        names.NO_SEVERITY,
        "{{ $labels.escalates }} of {{ $labels.service }}{{ with $labels.slo }} {{ . }}{{ end }} "
        "still fires after 15 minutes",
        "It is critical, and the first level has not resolved it. Its own message says what is wrong and links to the "
        "runbook. A silence of the alert alone doesn't keep this one quiet: one of the whole service does.",
        "still-firing",
        {names.SERVICE: "{{ $labels.service }}", names.TEAM: "{{ $labels.team }}", names.ESCALATION: "2"},
        "{{ $labels.service }}",
    ),
)
