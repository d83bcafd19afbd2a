"""Runbooks: every alert has one, every section is filled, and every query is right."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random

import pytest

from slostack import names, promtool
from slostack.demo.logs import log_lines
from slostack.demo.scenarios import SCENARIOS
from slostack.rules import AlertingRule, service_groups
from slostack.rules.budget import windows
from slostack.rules.stack import stack_groups, thanos_groups
from slostack.spec import RUNBOOK_FOLDER, load_services
from slostack.spec.signal_library import signal_library
from slostack.spec.syntax import parse_promql
from tests.unit.demo.playing import Play, samples
from tests.unit.promql import metric_names
from tests.unit.spec.switching_on import switched_on

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / RUNBOOK_FOLDER
MARKDOWN = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.md"))
TEMPLATES = {f"templates/{name}.md" for name in ("first-look", "incident-record", "post-mortem", "status-update")}
RUNBOOKS = [path for path in MARKDOWN if path not in TEMPLATES]
SECTIONS = ["Symptoms", "Diagnosis", "Resolution", "Verification", "Prevention", "Escalation"]
SERVICES = load_services(ROOT)

OF_THE_SERVERS = {
    "ALERTS",
    "loki_prometheus_rule_evaluation_failures_total",
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "prometheus_config_last_reload_success_timestamp_seconds",
    "prometheus_config_last_reload_successful",
    "prometheus_notifications_alertmanagers_discovered",
    "prometheus_notifications_dropped_total",
    "prometheus_rule_evaluation_failures_total",
    "prometheus_rule_group_interval_seconds",
    "prometheus_rule_group_iterations_missed_total",
    "prometheus_rule_group_last_duration_seconds",
    "prometheus_rule_group_last_evaluation_timestamp_seconds",
    "prometheus_remote_storage_queue_highest_sent_timestamp_seconds",
    "prometheus_remote_storage_samples_failed_total",
    "prometheus_remote_storage_shards_desired",
    "prometheus_remote_storage_shards_max",
    "prometheus_target_scrape_pool_targets",
    "prometheus_tsdb_head_series",
    "prometheus_tsdb_wal_writes_failed_total",
    "prometheus_tsdb_storage_blocks_bytes",
    "alertmanager_cluster_members",
    "alertmanager_config_last_reload_successful",
    "alertmanager_notifications_failed_total",
    "loki_discarded_samples_total",
    "loki_request_duration_seconds_count",
    "loki_write_dropped_entries_total",
    "probe_ssl_earliest_cert_expiry",
    "kube_daemonset_status_number_unavailable",
    "kube_deployment_status_replicas_unavailable",
    "kube_pod_info",
    "kube_statefulset_replicas",
    "kube_statefulset_status_replicas_available",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "thanos_compact_halted",
    "thanos_compact_iterations_total",
    "thanos_objstore_bucket_operation_failures_total",
    "thanos_shipper_uploads_total",
    "grpc_client_handled_total",
}
"""What servers, exporters and the kubelet expose of themselves and of what they watch."""
RECORDED = {
    *(names.error_ratio(window) for service in SERVICES for slo in service.slos for window in windows(slo)),
    names.BUDGET_REMAINING,
    names.EVENTS,
    names.BAD_EVENTS,
    names.GROUP_ADMITTED,
    names.GROUPS_REFUSED,
}
OF_THE_SIGNALS = {
    metric
    for signal in signal_library().values()
    for service in (switched_on(signal), *SERVICES)
    for alert in service.alerts
    for metric in metric_names(alert.expr)
} | {"http_requests_total", "probe_http_status_code", "probe_http_duration_seconds", "node_filesystem_avail_bytes"}
"""What the alerts of the signals' examples and of the services read, and what their exporters expose beside it."""
SCENARIO_RUNBOOKS = {
    "outage": "service-down.md",
    "errors": "high-error-rate.md",
    "database-exhausted": "database-connections-exhausted.md",
    "ai-rate-limited": "ai-provider-degraded.md",
    "memory-leak": "memory-leak.md",
    "payment-replay": "payment-webhook-replay.md",
    "session-lost": "session-lost.md",
    "quiz-timeout": "quiz-generation-timeout.md",
    "payment-stuck": "payment-stuck.md",
    "dependency-down": "dependency-down.md",
    "backup-late": "backup-too-old.md",
}


@cache
def text(runbook: str) -> str:
    return (FOLDER / runbook).read_text(encoding="utf-8")


def blocks(language: str) -> list[tuple[str, str]]:
    """Every code block of a language, with its runbook."""
    fence = re.compile(rf"^ *```{language}\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
    return [(runbook, block.strip()) for runbook in RUNBOOKS for block in fence.findall(text(runbook))]


def section(runbook: str, name: str) -> str:
    """What a runbook says under a title."""
    return text(runbook).partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def links(page: str, part: str) -> list[str]:
    """Where the links of a part of a page lead, below runbooks/."""
    targets = re.findall(r"\]\(([^)]+)\)", part)
    return [((FOLDER / page).parent / target).resolve().relative_to(FOLDER).as_posix() for target in targets]


@cache
def demo_metrics() -> frozenset[str]:
    return frozenset(sample.name for sample in samples(Play().families()))


@pytest.mark.parametrize("runbook", RUNBOOKS)
def test_every_section_is_there_in_order_and_filled(runbook: str) -> None:
    head, *rest = re.split(r"^## (.+)$", text(runbook), flags=re.MULTILINE)
    assert re.match(r"# \S.*\n\n\S", head), "expected a title and what it is about"
    assert rest[0::2] == SECTIONS
    for section, body in zip(rest[0::2], rest[1::2], strict=True):
        assert len(body.split()) >= 6, f"{section} is empty"
    escalation = rest[-1]
    assert all(level in escalation for level in ("L1", "L2", "L3"))
    assert "15 min" in escalation


@pytest.mark.parametrize("runbook", RUNBOOKS)
def test_diagnosis_and_verification_have_queries(runbook: str) -> None:
    assert "```promql" in section(runbook, "Diagnosis")
    assert "```promql" in section(runbook, "Verification")


@pytest.mark.parametrize("query", sorted({query for _, query in blocks("promql")}))
def test_queries_parse_and_read_metrics_that_exist(query: str) -> None:
    parse_promql(query)
    read = metric_names(query)
    assert read
    assert read <= OF_THE_SERVERS | RECORDED | OF_THE_SIGNALS | demo_metrics()


def test_log_queries_are_logql(tmp_path: Path) -> None:
    queries = [query for _, query in blocks("logql")]
    assert len(queries) > 10
    counted = [query if query.endswith((")", "]")) else f"count_over_time({query} [5m])" for query in queries]
    rules = "".join(f"      - alert: Q{n}\n        expr: |\n          {query}\n" for n, query in enumerate(counted))
    file = tmp_path / "rules.yaml"
    file.write_text(f"namespace: n\ngroups:\n  - name: queries\n    rules:\n{rules}", encoding="utf-8")
    promtool.verify_loki_rules([file])


def test_log_queries_look_for_what_is_logged() -> None:
    logged: set[str] = set()
    for scenario in SCENARIOS["learnsnap"]:
        lines = [line for step in Play().run(1200, scenario) for line in log_lines(Random(1), step)]
        logged |= {found for line in lines for found in re.findall(r'"error_type": "(\w+)"', line.text)}
    for runbook, query in blocks("logql"):
        if runbook.startswith(("learnsnap/", "slostack/")):
            assert 'job="learnsnap"' in query
        asked = {name for found in re.findall(r'error_type=~?"([\w|]+)"', query) for name in found.split("|")}
        assert asked <= logged, runbook


def test_every_alert_has_a_runbook_that_names_it() -> None:
    of_services = [group for service in SERVICES for group in service_groups(service)]
    groups = [*of_services, *stack_groups(), *thanos_groups()]
    alerts = [rule for group in groups for rule in group.rules if isinstance(rule, AlertingRule)]
    linked = {(rule.alert, rule.annotations["runbook_url"].split("/", 3)[3]) for rule in alerts}
    assert len(linked) > 100
    assert {runbook for _, runbook in linked} <= set(RUNBOOKS)
    of_the_library = {alert.name for signal in signal_library().values() for alert in signal.alerts}
    unnamed = [
        (alert, runbook)
        for alert, runbook in sorted(linked)
        if not any(name in text(runbook) for name in (alert, *filter(alert.endswith, of_the_library)))
    ]
    assert unnamed == [], "expected the alert's name, without a prefix, in its runbook"


def test_every_scenario_has_a_runbook() -> None:
    assert SCENARIO_RUNBOOKS.keys() == SCENARIOS["learnsnap"].keys()
    assert {f"learnsnap/{name}" for name in SCENARIO_RUNBOOKS.values()} <= set(RUNBOOKS)


@pytest.mark.parametrize("page", MARKDOWN)
def test_links_lead_to_pages(page: str) -> None:
    assert all((FOLDER / target).is_file() for target in links(page, text(page)))


@pytest.mark.parametrize("runbook", RUNBOOKS)
def test_a_runbook_leads_to_the_first_look_and_to_what_an_incident_needs(runbook: str) -> None:
    assert "templates/first-look.md" in links(runbook, section(runbook, "Diagnosis"))
    assert links(runbook, section(runbook, "Escalation"))[-3:] == [
        f"templates/{name}.md" for name in ("incident-record", "status-update", "post-mortem")
    ]


def test_templates_ask_for_what_an_incident_leaves() -> None:
    assert set(MARKDOWN) >= TEMPLATES
    record, post_mortem, update = (
        text(f"templates/{name}.md") for name in ("incident-record", "post-mortem", "status-update")
    )
    assert all(word in record for word in ("Severity", "Status", "## Timeline", "Users affected", "Budget spent"))
    assert "within 48 h" in record
    assert "within 48 h" in post_mortem
    assert all(f"## {title}" in post_mortem for title in ("Summary", "Timeline", "Causes", "Actions"))
    statuses = re.findall(r"^## (.+)$", update, re.MULTILINE)
    assert statuses[:4] == ["Investigating", "Identified", "Monitoring", "Resolved"]
    assert all(status.lower() in record for status in statuses[:4])
