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
from slostack.runbooks import NOTE, filled_runbooks, is_filled
from slostack.spec import RUNBOOK_FOLDER, Matcher, Service, load_services, parse_service
from slostack.spec.needs import need_job
from slostack.spec.signal_library import Signal, signal_library
from slostack.spec.syntax import parse_promql
from tests.unit.demo.exposed import exposed_by, is_exposed
from tests.unit.demo.playing import Play
from tests.unit.promql import metric_names, selectors
from tests.unit.spec.switching_on import slo_file

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / RUNBOOK_FOLDER
MARKDOWN = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.md"))
TEMPLATES = {f"templates/{name}.md" for name in ("first-look", "incident-record", "post-mortem", "status-update")}
RUNBOOKS = [path for path in MARKDOWN if path not in TEMPLATES]
SHARED = {path for path in RUNBOOKS if path.startswith("shared/")}
SECTIONS = ["Symptoms", "Diagnosis", "Resolution", "Verification", "Prevention", "Escalation"]
SERVICES = load_services(ROOT)

OF_THE_SERVERS = {
    "ALERTS",
    "kube_cronjob_spec_suspend",
    "kube_cronjob_status_last_successful_time",
    "loki_ingester_chunks_flush_failures_total",
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
    "loki_process_dropped_lines_by_label_total",
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
BY_PROMETHEUS = {"ALERTS", "up", "scrape_duration_seconds", "scrape_samples_scraped"}
"""What Prometheus has of every service."""
LEARNSNAP = {sample.name for sample in exposed_by("learnsnap")}
"""What runbooks of the stack take for an example."""
BESIDE = {"probe_success", "probe_http_status_code", "probe_http_duration_seconds", "probe_ssl_earliest_cert_expiry"}
"""What an exporter has beside what a signal's alerts read."""
RECORDED = {
    *(names.error_ratio(window) for service in SERVICES for slo in service.slos for window in windows(slo)),
    names.BUDGET_REMAINING,
    names.EVENTS,
    names.BAD_EVENTS,
    names.GROUP_ADMITTED,
    names.GROUPS_REFUSED,
}
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


def of_service(runbook: str) -> set[str]:
    """The services that a runbook is of: those that link to it, and the one whose folder it is in."""
    linked = {service.service for service in SERVICES if runbook in _linked(service)}
    return linked | {service.service for service in SERVICES if service.service in Path(runbook).parts}


def _linked(service: Service) -> set[str]:
    return {*(slo.runbook for slo in service.slos), *(alert.runbook for alert in service.alerts)}


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


QUERIES = [(runbook, query) for runbook, query in blocks("promql") if runbook not in SHARED]


@pytest.mark.parametrize(("runbook", "query"), QUERIES)
def test_a_query_parses_and_reads_what_every_service_has_that_links_to_the_runbook(runbook: str, query: str) -> None:
    parse_promql(query)
    read = list(selectors(query))
    assert {selector.name for selector in read}
    services = of_service(runbook)
    if not services:
        assert runbook.startswith("slostack/")
        assert metric_names(query) <= OF_THE_SERVERS | BY_PROMETHEUS | RECORDED | LEARNSNAP
    for service in SERVICES:
        if service.service in services:
            jobs = {scrape.job for scrape in service.scrape} | {f"{service.service}/{p.name}" for p in service.probes}
            jobs |= {need_job(service.service, need) for need in service.needs}
            slos = {slo.name for slo in service.slos}
            for selector in read:
                values = {matcher.name: matcher.value for matcher in selector.matchers.matchers}
                of_job = [Matcher(m.name, "=~", m.value) for m in selector.matchers.matchers if m.name == "job"]
                assert all(any(matcher.selects(job) for job in jobs) for matcher in of_job)
                assert values.get("service", service.service) == service.service
                assert values.get("slo", min(slos)) in slos
                assert values.get("count", "") in {"", *(count.name for count in service.log_counts)}
                known = selector.name in BY_PROMETHEUS | RECORDED | {names.LOG_LINES}
                assert known or is_exposed(service.service, selector), f"{service.service} has no {selector}"


def test_a_query_of_what_a_service_has_not_is_noticed() -> None:
    test = test_a_query_parses_and_reads_what_every_service_has_that_links_to_the_runbook
    right = 'backup_last_success_timestamp_seconds{job="stolen-tee",kind="storage"}'
    test("generated/stolen-tee/backups.md", right)
    for wrong in (
        right.replace("storage", "tapes"),
        right.replace("stolen-tee", "junkos"),
        "http_requests_total_of_another_name",
        'slo:error_budget_remaining:ratio{slo="uploads"}',
    ):
        with pytest.raises(AssertionError):
            test("generated/stolen-tee/backups.md", wrong)


def test_what_comes_late_is_asked_for_by_its_last_value() -> None:
    """Of CloudWatch's metrics there is none at the moment: values come ten minutes late."""
    late = [found for _, query in QUERIES for found in re.findall(r"aws_\w+(?:\{[^}]*\})?(?:\[20m\])?", query)]
    assert len(late) >= 2
    assert all(found.endswith("[20m]") for found in late)


@pytest.mark.parametrize("runbook", sorted(SHARED))
def test_a_shared_runbook_asks_for_parameters_that_there_are(runbook: str) -> None:
    assert f"\n\n{NOTE}\n\n" in text(runbook)
    own = signal_library()[Path(runbook).stem]
    for name in re.findall(r"\$(\w+(?:\.\w+)?)", text(runbook)):
        signal, _, parameter = name.rpartition(".")
        known = {
            *(signal_library()[signal] if signal else own).parameters,
            *(() if signal else ("jobs", "probes", "alerts", "respond")),
        }
        suffixes = ("bucket", "seconds", "job", "interval", "timeout")
        assert {parameter, *(parameter.removesuffix(f"_{suffix}") for suffix in suffixes)} & known, name


@pytest.mark.parametrize("signal", signal_library().values(), ids=signal_library())
@pytest.mark.parametrize("others", [(), tuple(signal_library())], ids=["alone", "with all"])
def test_a_shared_runbook_is_filled_in_for_whoever_uses_the_signal(signal: Signal, others: tuple[str, ...]) -> None:
    """By no more than the example, which has other metrics than the services, its queries read what the service's own
    alerts, panels and probes do."""
    used = {name: signal_library()[name].example for name in {*others, signal.name}}
    service = parse_service(slo_file(used), "shop.yaml")
    shared = {path: text(path) for path in SHARED}
    filled = filled_runbooks([service], shared)[f"generated/shop/{signal.name}.md"]
    assert "$" not in filled
    assert NOTE not in filled
    assert is_filled(filled)
    read = {metric for alert in service.alerts for metric in metric_names(alert.expr)}
    read |= {metric for panel in service.panels for line in panel.lines for metric in metric_names(str(line.expr))}
    for title in ("Diagnosis", "Verification"):
        queries = re.findall(
            r"```promql\n(.*?)```", filled.partition(f"## {title}")[2].partition("\n## ")[0], re.DOTALL
        )
        assert queries, title
        for query in queries:
            assert metric_names(query) <= read | BY_PROMETHEUS | BESIDE, query
            assert all("job" in str(each) or str(each.name).startswith("node_") for each in selectors(query))


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


def test_a_runbook_that_is_filled_in_names_no_alert_that_the_service_lacks() -> None:
    of_the_library = {alert.name for signal in signal_library().values() for alert in signal.alerts}
    for service in SERVICES:
        own = {alert.name for alert in service.alerts}
        for page in FOLDER.glob(f"generated/{service.service}/*.md"):
            named = set(re.findall(r"\w+", page.read_text(encoding="utf-8")))
            assert named & of_the_library <= own, page


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
