"""The stack's own alerts look at the very objects that the stack registers."""

from __future__ import annotations

import re

from slostack.rules import AlertingRule
from slostack.rules.stack import stack_groups
from tests.components.program import ROOT, canaries, run_program, stack_config
from tests.components.test_snapshots import with_snapshots

KINDS = {"kube_deployment": ":Deployment", "kube_statefulset": ":StatefulSet", "kube_daemonset": ":DaemonSet"}
"""The beginnings of kube-state-metrics' metrics, and the types of the workloads that they are of."""
OF_THE_CHART = {
    *("kubelet", "kube-state-metrics", "node-exporter", "apiserver", "coredns", "kube-proxy", "kube-etcd"),
    *("kube-controller-manager", "kube-scheduler", "prom-grafana"),
    *(f"prom-kube-prometheus-stack-{each}" for each in ("prometheus", "alertmanager", "operator")),
}
"""The jobs of kube-prometheus-stack 88 whose release is `prom`: values of its monitors' jobLabel, else their Services'
names."""


def test_in_a_cluster_with_the_chart_the_documentation_says_which_of_its_jobs_alerts_ask_for() -> None:
    rules = (rule for group in stack_groups() for rule in group.rules if isinstance(rule, AlertingRule))
    asked = {rule.alert: re.findall(r'\bup\{job=~"(.+?)"', rule.expr) for rule in rules}
    told = {
        alert: {job for job in OF_THE_CHART for pattern in patterns if re.fullmatch(pattern, job)}
        for alert, patterns in asked.items()
        if patterns
    }
    of_collectors = {"kubelet", "kube-state-metrics", "node-exporter"}
    assert told == {"StackServerDown": set(), "CollectorDown": of_collectors, "ExporterDown": set()}
    text = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    said = text.partition("- Alerts on its servers and collectors:")[2].partition("\n\n")[0]
    assert told["CollectorDown"] == {job for job in OF_THE_CHART if f"`{job}`" in said}
    assert {"`<release>-grafana`", "`<release>-kube-prometheus-stack-prometheus`"} <= set(re.findall("`.+?`", said))


def test_missing_replicas_are_told_of_every_workload_of_the_stack_in_its_own_namespaces() -> None:
    config = stack_config("prod")
    config["kubernetes"]["namespace"] = "observability"
    program = run_program("prod", config, canaries("prod"))
    ((bundle, _),) = program.checked
    rules = bundle.files["prometheus/rules/slostack.yaml"]
    assert ".invalid" not in rules
    asked = re.findall(r'(kube_[a-z]+)_\w+\{namespace=~"([^"]+)"\}', rules)
    assert {kind for kind, _ in asked} == set(KINDS)
    for kind, namespaces in asked:
        workloads = [each.inputs["metadata"]["namespace"] for each in program.of_type(KINDS[kind])]
        assert workloads
        assert all(re.fullmatch(namespaces, namespace) for namespace in workloads)
        assert not re.fullmatch(namespaces, "kube-system")


def test_every_daily_job_has_an_alert_when_it_is_not_done() -> None:
    program = with_snapshots()
    ((bundle, _),) = program.checked
    asked = re.findall(
        r'kube_cronjob_\w+\{namespace=~"(.+?)",cronjob=~"(.+?)"\}',
        bundle.files["prometheus/rules/slostack.yaml"],
    )
    daily = [each.inputs["metadata"] for each in program.of_type(":CronJob")]
    assert {job["name"] for job in daily} == {"snapshots", "backfill-0", "backfill-1"}
    for namespace, name in asked:
        assert all(re.fullmatch(namespace, job["namespace"]) and re.fullmatch(name, job["name"]) for job in daily)
    assert len(asked) >= 5
