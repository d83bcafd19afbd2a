"""Every metric that the stack's own alerts read is exposed by something that the stack scrapes in a cluster: as real
servers show it, and for those that can't be had here, as their publishers document it."""

from __future__ import annotations

import re
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import requests

from slostack import names, plain_yaml
from slostack.rules.stack import stack_groups
from tests.cluster.manifests import manifests
from tests.cluster.pod_process import Machine, PodProcess
from tests.cluster.tls import own_certificate, serving
from tests.cluster.volumes import write_volume
from tests.components.program import Program, canaries, run_program, stack_config
from tests.processes import wait_until
from tests.unit.promql import metric_names

EXPOSED = {
    "prometheus": {
        "prometheus_config_last_reload_successful",
        "prometheus_notifications_dropped_total",
        "prometheus_remote_storage_queue_highest_sent_timestamp_seconds",
        "prometheus_remote_storage_samples_failed_total",
        "prometheus_rule_evaluation_failures_total",
        "prometheus_rule_group_interval_seconds",
        "prometheus_rule_group_iterations_missed_total",
        "prometheus_rule_group_last_evaluation_timestamp_seconds",
        "prometheus_target_scrape_pool_targets",
        "prometheus_tsdb_head_series",
        "prometheus_tsdb_wal_writes_failed_total",
    },
    "alertmanager": {
        "alertmanager_cluster_members",
        "alertmanager_config_last_reload_successful",
        "alertmanager_notifications_failed_total",
    },
    "loki": {
        "loki_discarded_samples_total",
        "loki_ingester_chunks_flush_failures_total",
        "loki_prometheus_notifications_dropped_total",
        "loki_prometheus_rule_evaluation_failures_total",
        "loki_request_duration_seconds_count",
        "loki_ruler_config_last_reload_successful",
    },
    "node-exporter": {"node_filesystem_avail_bytes", "node_filesystem_readonly", "node_filesystem_size_bytes"},
    "learnsnap/health": {"probe_ssl_earliest_cert_expiry"},
    # A real one shows them in test_pod_processes.py.
    "kube-state-metrics": {
        "kube_cronjob_created",
        "kube_cronjob_status_active",
        "kube_cronjob_status_last_schedule_time",
        "kube_cronjob_status_last_successful_time",
        "kube_daemonset_status_number_unavailable",
        "kube_deployment_status_replicas_unavailable",
        "kube_statefulset_replicas",
        "kube_statefulset_status_replicas_available",
    },
    # https://grafana.com/docs/alloy/latest/reference/components/loki/loki.write/
    "alloy": {"loki_write_dropped_entries_total", "loki_process_dropped_lines_by_label_total"},
    # https://kubernetes.io/docs/reference/instrumentation/metrics/
    "kubelet": {"kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"},
}
"""What each scrape job's targets expose of what the alerts read."""
OF_PROMETHEUS_ITSELF = {"up", "ALERTS"}
"""Written by Prometheus for every scrape and every alert."""
START_SECONDS = 60
OLD = "1000000000"
"""A line's time that Loki refuses: 1970."""


def test_something_that_is_scraped_exposes_what_the_alerts_read() -> None:
    read = {name for group in stack_groups() for rule in group.rules for name in metric_names(rule.expr)}
    of_servers = {name for name in read if not name.startswith("slo:")} - OF_PROMETHEUS_ITSELF
    assert of_servers == set().union(*EXPOSED.values())


@pytest.fixture(scope="module")
def prod() -> Program:
    config = stack_config("prod")
    config["prometheus"] |= {"remoteWrite": {"mimir": {"url": "https://mimir.acme.example:443/push"}}}
    return run_program("prod", config, canaries("prod", config))


@pytest.mark.parametrize("job", EXPOSED)
def test_it_is_scraped_and_kept(job: str, prod: Program) -> None:
    config = prod.one(":ConfigMap", "prometheus-config").inputs["data"]["prometheus.yml"]
    (found,) = (each for each in plain_yaml.load(config)["scrape_configs"] if each["job_name"] == job)
    for rule in found.get("metric_relabel_configs", []):
        assert rule["action"] == "keep"
        assert rule["source_labels"] == ["__name__"]
        assert all(re.fullmatch(rule["regex"], metric) for metric in EXPOSED[job])


def test_every_job_of_the_stack_has_an_alert_when_it_is_down(prod: Program) -> None:
    config = prod.one(":ConfigMap", "prometheus-config").inputs["data"]["prometheus.yml"]
    jobs = {each["job_name"] for each in plain_yaml.load(config)["scrape_configs"]}
    services = tuple(stack_config("prod")["services"])
    assert {job for job in jobs if not job.startswith(services)} == {*names.SERVER_JOBS, *names.COLLECTOR_JOBS}


@pytest.fixture
def machine(prod: Program, tmp_path: Path) -> Machine:
    """This machine, where no cluster is reached."""
    return Machine(manifests(prod), tmp_path)


@pytest.mark.parametrize("server", ["prometheus", "alertmanager", "loki", "node-exporter"])
def test_a_server_exposes_it(server: str, machine: Machine) -> None:
    pod = machine.pod(server)
    if server == "loki":
        _with_a_rule_that_reads_logs(pod)
    with pod.start():
        wait_until(pod.answers, f"{server} answers", START_SECONDS)
        if server == "loki":
            _refuses_a_line(pod)
        wait_until(lambda: not EXPOSED[server] - exposed(f"{pod.url}/metrics"), f"{server} exposes it", START_SECONDS)


def _with_a_rule_that_reads_logs(loki: PodProcess) -> None:
    rule = {"alert": "Test", "expr": 'sum(count_over_time({app="a"}[1m])) > 0'}
    groups = {"groups": [{"name": "test", "interval": "1s", "rules": [rule]}]}
    write_volume(loki.root / "etc/loki/rules/fake", {"test.yaml": plain_yaml.dump(groups)})


def _refuses_a_line(loki: PodProcess) -> None:
    streams: list[Any] = [{"stream": {"app": "a"}, "values": [[OLD, "a line"]]}]
    answer = requests.post(f"{loki.url}/loki/api/v1/push", json={"streams": streams}, timeout=10)
    assert answer.status_code == 400
    assert "timestamp too old" in answer.text


def test_a_probe_exposes_it(machine: Machine, tmp_path: Path) -> None:
    pod = machine.pod("blackbox")
    certificate = own_certificate(tmp_path / "site.crt")
    trusting = replace(pod, environment={**pod.environment, "SSL_CERT_FILE": str(certificate)})
    with serving(_Site, certificate) as url, trusting.start():
        wait_until(pod.answers, "the blackbox exporter answers", START_SECONDS)
        (job,) = (each for each in _jobs(machine) if each["job_name"] == "learnsnap/health")
        probe = f"{pod.url}{job['metrics_path']}?module={job['params']['module'][0]}&target={url}"
        assert exposed(probe) >= EXPOSED["learnsnap/health"]


def _jobs(machine: Machine) -> list[dict[str, Any]]:
    (config,) = (each for each in machine.objects if each["metadata"]["name"] == "prometheus-config")
    return list(plain_yaml.load(config["data"]["prometheus.yml"])["scrape_configs"])


class _Site(BaseHTTPRequestHandler):
    """Answers."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""


def exposed(url: str) -> set[str]:
    """The metrics that are at a URL."""
    lines = requests.get(url, timeout=10).text.splitlines()
    return {re.split(r"[{ ]", line)[0] for line in lines if line and not line.startswith("#")}
