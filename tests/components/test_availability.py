"""Replicas: how many, apart from each other, rolled one by one, in touch, and what is kept of them."""

from __future__ import annotations

from typing import Any

import pytest

from slostack import plain_yaml
from slostack.deploy.kubernetes.labels import selector
from tests.components.program import Program, canaries, run_program, stack_config

REPLICAS = {
    "dev": {"prometheus": 1, "alertmanager": 1, "loki": 1, "grafana": 1},
    "staging": {"prometheus": 2, "alertmanager": 3, "loki": 1, "grafana": 1},
    "prod": {"prometheus": 2, "alertmanager": 3, "loki": 1, "grafana": 2},
}
SERVERS = tuple(REPLICAS["prod"])


def workload(program: Program, server: str) -> dict[str, Any]:
    (found,) = (
        each.inputs["spec"]
        for each in program.of_type(":StatefulSet") + program.of_type(":Deployment")
        if each.inputs["metadata"]["name"] == server
    )
    return dict(found)


def pod(program: Program, server: str) -> dict[str, Any]:
    return dict(workload(program, server)["template"]["spec"])


def test_each_environment_has_its_replicas(program: Program, stack: str) -> None:
    assert {server: workload(program, server)["replicas"] for server in SERVERS} == REPLICAS[stack]


def test_replicas_go_one_at_a_time_and_a_single_one_hinders_no_drain(program: Program, stack: str) -> None:
    budgets = {each.inputs["metadata"]["name"]: each.inputs["spec"] for each in program.of_type(":PodDisruptionBudget")}
    several = {server for server, replicas in REPLICAS[stack].items() if replicas > 1}
    assert set(budgets) == several
    for server, budget in budgets.items():
        assert budget == {"maxUnavailable": 1, "selector": {"matchLabels": selector(server)}}


def test_replicas_are_on_nodes_of_their_own_and_in_zones_where_there_are_enough(program: Program, stack: str) -> None:
    for server, replicas in REPLICAS[stack].items():
        spec = pod(program, server)
        if replicas == 1:
            assert "affinity" not in spec
            assert "topologySpreadConstraints" not in spec
            continue
        node = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": selector(server)}}
        assert spec["affinity"]["podAntiAffinity"] == (
            {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": node}]}
            if server == "grafana"
            else {"requiredDuringSchedulingIgnoredDuringExecution": [node]}
        )
        (zone,) = spec["topologySpreadConstraints"]
        assert zone == {
            "topologyKey": "topology.kubernetes.io/zone",
            "maxSkew": 1,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector(server)},
        }


def test_every_alertmanager_hears_of_every_alert_and_of_the_others(program: Program, stack: str) -> None:
    replicas = REPLICAS[stack]["alertmanager"]
    pods = [f"alertmanager-{number}.alertmanager.slostack.svc" for number in range(replicas)]
    alerting = prometheus_config(program)["alerting"]
    assert alerting["alertmanagers"] == [{"static_configs": [{"targets": [f"{name}:9093" for name in pods]}]}]
    ruler = plain_yaml.load(config_map(program, "loki-config")["loki.yaml"])["ruler"]
    assert ruler["alertmanager_url"] == ",".join(f"http://{name}:9093" for name in pods)
    (container,) = pod(program, "alertmanager")["containers"]
    gossip = [argument for argument in container["args"] if argument.startswith("--cluster")]
    ports = {(port["containerPort"], port["protocol"]) for port in container["ports"]}
    if replicas == 1:
        assert gossip == ["--cluster.listen-address="]
        assert ports == {(9093, "TCP")}
        return
    assert gossip == [
        "--cluster.listen-address=[$(POD_IP)]:9094",
        "--cluster.reconnect-timeout=5m",
        *(f"--cluster.peer={name}:9094" for name in pods),
    ]
    assert field_of(container, "POD_IP") == "status.podIP"
    assert ports == {(9093, "TCP"), (9094, "TCP"), (9094, "UDP")}


def test_each_prometheus_has_a_label_that_its_alerts_lose(program: Program) -> None:
    document = prometheus_config(program)
    assert document["global"]["external_labels"]["prometheus_replica"] == "${POD_NAME}"
    assert document["alerting"]["alert_relabel_configs"] == [{"action": "labeldrop", "regex": "prometheus_replica"}]
    (container,) = pod(program, "prometheus")["containers"]
    assert field_of(container, "POD_NAME") == "metadata.name"


def prometheus_config(program: Program) -> dict[str, Any]:
    return dict(plain_yaml.load(config_map(program, "prometheus-config")["prometheus.yml"]))


def config_map(program: Program, name: str) -> dict[str, str]:
    (data,) = (each.inputs["data"] for each in program.of_type(":ConfigMap") if each.name == name)
    return dict(data)


def field_of(container: dict[str, Any], variable: str) -> str:
    (found,) = (each for each in container["env"] if each["name"] == variable)
    return str(found["valueFrom"]["fieldRef"]["fieldPath"])


def test_grafana_keeps_its_own_database_on_a_volume_that_one_pod_has_at_a_time() -> None:
    program = run_program("dev", stack_config("dev"), canaries("dev"))
    claim = program.one(":PersistentVolumeClaim", "grafana-data")
    assert claim.inputs["spec"]["resources"]["requests"] == {"storage": "1Gi"}
    assert claim.kept
    assert claim.inputs["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}, "bound claims are taken over"
    assert workload(program, "grafana")["strategy"] == {"type": "Recreate"}
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "grafana-data"}} in pod(program, "grafana")[
        "volumes"
    ]


def test_grafanas_that_share_a_database_have_no_volume_and_are_never_away_together(prod: Program) -> None:
    assert not prod.of_type(":PersistentVolumeClaim")
    strategy = workload(prod, "grafana")["strategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    assert {"name": "data", "emptyDir": {"sizeLimit": "1Gi"}} in pod(prod, "grafana")["volumes"]


def test_volumes_and_the_namespace_that_has_them_are_kept(program: Program) -> None:
    assert [each.name for each in program.resources if each.kept and each.type.endswith(":Namespace")] == ["namespace"]
    for each in program.of_type(":StatefulSet"):
        kept = each.inputs["spec"]["persistentVolumeClaimRetentionPolicy"]
        assert kept == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    assert all(each.kept for each in program.of_type(":PersistentVolumeClaim"))


@pytest.mark.parametrize("protect", [True, False])
def test_what_holds_data_is_protected_where_settings_say_so(protect: bool) -> None:
    config = stack_config("dev")
    config["kubernetes"]["protect"] = protect
    protected = {each.name for each in run_program("dev", config, canaries("dev")).resources if each.protected}
    holders = {"namespace", "prometheus", "alertmanager", "loki", "grafana-data"}
    assert protected == (holders if protect else set())


def test_prod_is_protected(prod: Program) -> None:
    assert {each.name for each in prod.resources if each.protected} == {
        "namespace",
        "prometheus",
        "alertmanager",
        "loki",
    }
