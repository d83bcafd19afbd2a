"""The collectors: what they see of nodes and logs, and that nothing runs that the settings don't call for."""

from __future__ import annotations

from typing import Any

import pytest

from slostack import plain_yaml
from tests.components.program import Program, canaries, run_program, stack_config

OFF: dict[str, dict[str, Any]] = {
    "alloy": {"logs": {"enabled": False}},
    "blackbox": {"services": {"learnsnap": {"targets": ["learnsnap.acme.example:80"]}}},
    "kube-state-metrics": {"exporters": {"kubeStateMetrics": False}},
    "node-exporter": {"exporters": {"nodeExporter": False}},
}
"""Settings that don't call for a collector."""


def run(edit: dict[str, Any]) -> Program:
    """What the program registers for dev with some settings changed."""
    return run_program("dev", stack_config("dev") | edit, canaries("dev"))


def jobs(program: Program) -> set[str]:
    """The jobs that Prometheus scrapes."""
    config = program.one(":ConfigMap", "prometheus-config").inputs["data"]["prometheus.yml"]
    return {job["job_name"] for job in plain_yaml.load(config)["scrape_configs"]}


@pytest.mark.parametrize("collector", OFF)
def test_a_collector_that_the_settings_do_not_call_for_leaves_nothing(collector: str) -> None:
    on, off = run({}), run(OFF[collector])
    assert any(collector in each.name for each in on.resources)
    assert collector in jobs(on)
    assert not [each.name for each in off.resources if collector in each.name]
    assert collector not in jobs(off)


def test_probes_are_asked_where_there_is_a_base_url() -> None:
    assert "learnsnap/health" in jobs(run({}))
    assert "learnsnap/health" not in jobs(run(OFF["blackbox"]))


def test_without_a_node_exporter_there_is_no_namespace_for_it() -> None:
    assert len(run({}).of_type(":Namespace")) == 2
    assert len(run(OFF["node-exporter"]).of_type(":Namespace")) == 1


@pytest.mark.parametrize("server", ["alloy", "node-exporter"])
def test_daemons_run_on_every_linux_node_whatever_it_is_for(server: str) -> None:
    config = stack_config("dev")
    config["kubernetes"]["nodeSelector"] = {"pool": "observability"}
    program = run_program("dev", config, canaries("dev"))
    pod = program.one(":DaemonSet", server).inputs["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert pod["tolerations"] == [{"operator": "Exists"}]
    assert program.one(":StatefulSet", "loki").inputs["spec"]["template"]["spec"]["nodeSelector"] == {
        "kubernetes.io/os": "linux",
        "pool": "observability",
    }


def test_the_node_exporter_sees_the_node_read_only_and_measures_what_is_the_nodes(prod: Program) -> None:
    pod = prod.one(":DaemonSet", "node-exporter").inputs["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["volumes"] == [{"name": "root", "hostPath": {"path": "/", "type": "Directory"}}]
    (mount,) = container["volumeMounts"]
    assert mount == {"name": "root", "mountPath": "/host", "readOnly": True, "recursiveReadOnly": "IfPossible"}
    assert "--collector.disable-defaults" in container["args"]
    of_the_network = {"netdev", "netclass", "netstat", "sockstat", "conntrack", "arp", "uname"}
    assert not of_the_network & {each.removeprefix("--collector.") for each in container["args"]}


def test_kube_state_metrics_is_told_to_export_what_it_may_list(prod: Program) -> None:
    (container,) = prod.one(":Deployment", "kube-state-metrics").inputs["spec"]["template"]["spec"]["containers"]
    (exported,) = (each.partition("=")[2] for each in container["args"] if each.startswith("--resources="))
    (role,) = (each for each in prod.of_type(":ClusterRole") if each.parent == "kube-state-metrics")
    listed = {resource for rule in role.inputs["rules"] for resource in rule["resources"]}
    assert set(exported.split(",")) == listed
    assert not {"secrets", "configmaps"} & listed


def test_prod_stores_no_debug_lines(prod: Program) -> None:
    config = prod.one(":ConfigMap", "alloy-config").inputs["data"]["config.alloy"]
    selector = 'selector            = `{level=~"trace|debug", kind!="security"}`'
    assert selector in config
    assert selector not in run({}).one(":ConfigMap", "alloy-config").inputs["data"]["config.alloy"]


def test_alloy_is_told_its_node(prod: Program) -> None:
    (container,) = prod.one(":DaemonSet", "alloy").inputs["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]
    assert 'sys.env("NODE_NAME")' in prod.one(":ConfigMap", "alloy-config").inputs["data"]["config.alloy"]
