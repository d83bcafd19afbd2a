"""The dashboard of the stack itself: its servers, and what its own alerts watch."""

from __future__ import annotations

from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig

from slostack import names
from slostack.bundle import RUNBOOK_URL
from slostack.dashboards import house, links, queries, units
from slostack.dashboards.alert_panels import firing_alerts, urgent_alerts, watched_by
from slostack.dashboards.house import Section, Sized, grid
from slostack.dashboards.naming import OVERVIEW_UID
from slostack.dashboards.variables import environment
from slostack.rules.model import AlertingRule
from slostack.rules.stack import stack_groups
from slostack.rules.stack_alerts.alert import STACK
from slostack.spec import Alert

MOST_LINES = 10
"""The most lines of a graph that would otherwise have one for each rule group or target."""
_EVERY_JOB = "|".join((*names.SERVER_JOBS, *names.COLLECTOR_JOBS))
_SERVERS = f'job=~"{"|".join(names.SERVER_JOBS)}"'
_BY_SERVER = "{{job}} {{instance}}"


def render_stack_dashboard() -> str:
    """The JSON of the dashboard of the stack itself."""
    where = queries.matchers(service=STACK)
    return house.render(
        names.dashboard_uid(STACK),
        "The stack itself",
        "Prometheus, Alertmanager, Loki, Grafana and what collects for them.",
        tags=["slo", "stack"],
        links=[links.link("All services", links.dashboard_path(OVERVIEW_UID))],
        marked=[urgent_alerts(where)],
        sections=[
            Section(
                "Now",
                (Sized(answering(), 14, 8), Sized(firing_alerts(where, with_service=False), 10, 8)),
            ),
            Section("Servers", grid([cpu(), memory(), scrapes()], most=3, height=7)),
            Section("Prometheus", grid([series(), samples(), rule_durations(), storage()], most=4, height=7)),
            Section("Alertmanager", grid([alerts(), notifications(), failed_notifications()], most=3, height=7)),
            Section("Loki and Grafana", grid([log_lines(), log_requests(), grafana_requests()], most=3, height=7)),
            Section("What the stack's alerts watch", grid(causes(), most=3, height=7)),
        ],
        variables=[environment()],
    )


def answering() -> timeseries.Panel:
    """Whether each server and collector answers."""
    return (
        house.graph(
            "stack/up",
            "Answers",
            "Whether each server and collector answers Prometheus: 1 is yes, 0 is no.",
            units.NUMBER,
            [(f'up{{job=~"{_EVERY_JOB}"}}', _BY_SERVER)],
        )
        .axis_soft_max(1)
        .decimals(0)
    )


def cpu() -> timeseries.Panel:
    """The CPU that each server uses."""
    return house.graph(
        "stack/cpu",
        "CPU",
        "CPUs that each server keeps busy; 1 is a whole one.",
        units.NUMBER,
        [(f"rate(process_cpu_seconds_total{{{_SERVERS}}}[$__rate_interval])", _BY_SERVER)],
    )


def memory() -> timeseries.Panel:
    """The memory that each server holds."""
    return house.graph(
        "stack/memory",
        "Memory",
        "Resident memory of each server.",
        units.BYTES,
        [(f"process_resident_memory_bytes{{{_SERVERS}}}", _BY_SERVER)],
    )


def scrapes() -> timeseries.Panel:
    """How long the slowest scrapes take."""
    return house.graph(
        "stack/scrapes",
        "Slowest scrapes",
        f"How long the {MOST_LINES} slowest targets take to answer a scrape.",
        units.SECONDS,
        [(f"topk({MOST_LINES}, scrape_duration_seconds)", _BY_SERVER)],
    )


def series() -> timeseries.Panel:
    """Series in memory."""
    return _of_instances(
        "stack/series",
        "Series in memory",
        "Series that have had a sample of late; memory grows with them.",
        units.NUMBER,
        "prometheus_tsdb_head_series",
    )


def samples() -> timeseries.Panel:
    """Samples taken in, per second."""
    return _of_instances(
        "stack/samples",
        "Samples",
        "Samples that are scraped, recorded and received, per second.",
        units.PER_SECOND,
        "sum by (instance) (rate(prometheus_tsdb_head_samples_appended_total[$__rate_interval]))",
    )


def rule_durations() -> timeseries.Panel:
    """How long the slowest rule groups take."""
    panel = house.graph(
        "stack/rule-groups",
        "Slowest rule groups",
        f"How long the {MOST_LINES} slowest rule groups took last; one that takes longer than its interval misses "
        "evaluations.",
        units.SECONDS,
        [(f"topk({MOST_LINES}, max by (rule_group) (prometheus_rule_group_last_duration_seconds))", "{{rule_group}}")],
    )
    return _without_paths(panel)


def storage() -> timeseries.Panel:
    """What Prometheus' blocks take of its storage."""
    return _of_instances(
        "stack/storage", "Storage", "What blocks take on disk.", units.BYTES, "prometheus_tsdb_storage_blocks_bytes"
    )


def alerts() -> timeseries.Panel:
    """The alerts that Alertmanager holds."""
    return house.graph(
        "stack/alerts",
        "Alerts held",
        "Alerts that Alertmanager holds, by state; suppressed ones are silenced or inhibited.",
        units.NUMBER,
        [("max by (state) (alertmanager_alerts)", "{{state}}")],
    )


def notifications() -> timeseries.Panel:
    """Notifications sent."""
    return house.graph(
        "stack/notifications",
        "Notifications",
        "Notifications that were tried in the last hour, by channel.",
        units.NUMBER,
        [(_by_channel("alertmanager_notifications_total"), "{{integration}}")],
    )


def failed_notifications() -> timeseries.Panel:
    """Notifications that failed."""
    return house.graph(
        "stack/failed-notifications",
        "Failed notifications",
        "Notifications that a channel did not take in the last hour, tries that were repeated among them.",
        units.NUMBER,
        [(_by_channel("alertmanager_notifications_failed_total"), "{{integration}}")],
    )


def _by_channel(metric: str) -> str:
    """What a channel did in the last hour, of the channels that did something; a line at 0 where none did."""
    return (
        f"sum by (integration) (increase({metric}[1h])) > 0\n"
        'or label_replace(vector(0), "integration", "others", "", "")'
    )


def log_lines() -> timeseries.Panel:
    """Log lines taken in."""
    return _of_instances(
        "stack/log-lines",
        "Log lines",
        "Log lines that Loki takes in, per second.",
        units.PER_SECOND,
        "sum by (instance) (rate(loki_distributor_lines_received_total[$__rate_interval]))",
    )


def log_requests() -> timeseries.Panel:
    """How long Loki takes to answer."""
    rate = "sum by (le, route) (rate(loki_request_duration_seconds_bucket[$__rate_interval]))"
    return house.graph(
        "stack/log-requests",
        "Loki's slowest requests, p99",
        f"The 99th percentile of how long Loki takes to answer, of the {MOST_LINES} slowest routes.",
        units.SECONDS,
        [(f"topk({MOST_LINES}, histogram_quantile(0.99, {rate}) > 0)", "{{route}}")],
    )


def grafana_requests() -> timeseries.Panel:
    """What Grafana is asked."""
    return _of_instances(
        "stack/grafana-requests",
        "Grafana's requests",
        "Requests to Grafana, per second.",
        units.REQUESTS_PER_SECOND,
        "sum by (instance) (rate(grafana_http_request_duration_seconds_count[$__rate_interval]))\n"
        "or sum by (instance) (rate(grafana_api_response_status_total[$__rate_interval]))",
    )


def _of_instances(key: str, title: str, description: str, unit: str, expr: str) -> timeseries.Panel:
    return house.graph(key, title, description, unit, [(expr, "{{instance}}")])


def causes() -> list[timeseries.Panel]:
    """What each of the stack's alerts watches."""
    return [_without_paths(watched_by(alert, most=MOST_LINES)) for alert in stack_alerts()]


def stack_alerts() -> list[Alert]:
    """The stack's alerts as those of an SLO file are; but for those that are no trouble of their own."""
    rules = [rule for group in stack_groups() for rule in group.rules if isinstance(rule, AlertingRule)]
    return [_as_alert(rule) for rule in rules if rule.labels[names.SEVERITY] != names.NO_SEVERITY]


def _without_paths(panel: timeseries.Panel) -> timeseries.Panel:
    """The graph with rule groups by their names, which Prometheus puts after their file's path."""
    rename = {"regex": r"\S*/\S+\.yaml;", "renamePattern": ""}
    return panel.with_transformation(DataTransformerConfig(id_val="renameByRegex", options=rename))


def _as_alert(rule: AlertingRule) -> Alert:
    return Alert.model_validate(
        {
            "name": rule.alert,
            "expr": rule.expr,
            "for": rule.for_,
            "severity": rule.labels[names.SEVERITY],
            "summary": rule.annotations["summary"],
            "description": rule.annotations["description"],
            "runbook": rule.annotations["runbook_url"].removeprefix(f"{RUNBOOK_URL}/"),
        }
    )
