"""A real API server takes every object of every stack; its controllers and scheduler bring them up."""

from __future__ import annotations

import copy
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from slostack.deploy.kubernetes import check_namespaces, taken
from slostack.deploy.kubernetes.labels import selector
from slostack.errors import SlostackError
from slostack.settings import parse_settings
from tests.cluster.binaries import cluster_binary
from tests.cluster.control_plane import Cluster
from tests.cluster.manifests import WORKLOADS, manifests, pod, stack_program, workloads
from tests.cluster.thanos import thanos_program
from tests.components.program import CLUSTER_STACKS, stack_config
from tests.processes import wait_until

UNRESTRICTED = {"node-exporter"}
"""The pods that Pod Security's level `restricted` refuses, each for a reason in docs/security.md."""

WITH_THANOS = "staging"


@dataclass(frozen=True)
class Applied:
    """A stack in the cluster."""

    namespace: str
    objects: list[dict[str, Any]]

    @property
    def namespaces(self) -> list[str]:
        return [each["metadata"]["name"] for each in self.objects if each["kind"] == "Namespace"]

    def of_kind(self, *kinds: str) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
        """The objects of some kinds, each by namespace and name."""
        for each in self.objects:
            if each["kind"] in kinds:
                yield (each["metadata"]["namespace"], each["metadata"]["name"]), each


@pytest.fixture(scope="module", params=CLUSTER_STACKS)
def applied(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Applied]:
    """Every stack, one of them with Thanos, applied server-side as the program registers it; the API server refuses
    none of its objects."""
    namespace = f"slostack-{request.param}"
    program = thanos_program if request.param == WITH_THANOS else stack_program
    stack = Applied(namespace, manifests(program(request.param, namespace)))
    cluster.apply(stack.objects)
    yield stack
    cluster.kubectl("delete", "namespace", *stack.namespaces, "--wait=false")


def test_pods_reach_the_api_at_the_port_of_its_service(cluster: Cluster, applied: Applied) -> None:
    services = cluster.get("services", "--namespace", "default")
    (port,) = (port["port"] for each in services for port in each["spec"]["ports"] if port["name"] == "https")
    policies = dict(applied.of_kind("NetworkPolicy"))
    for (namespace, name), workload in applied.of_kind(*WORKLOADS):
        if workload["spec"]["template"]["spec"]["automountServiceAccountToken"]:
            egress = policies[namespace, name]["spec"]["egress"]
            assert any(
                {"port": port, "protocol": "TCP"} in rule["ports"] for rule in egress if "ipBlock" in rule["to"][0]
            )


@pytest.mark.parametrize("applied", ["dev"], indirect=True)
def test_its_own_namespace_is_taken_over_again_and_no_other(
    cluster: Cluster, applied: Applied, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = os.pathsep.join([str(cluster_binary("kubectl").parent), os.environ["PATH"]])
    monkeypatch.setenv("PATH", path)
    monkeypatch.setenv("KUBECONFIG", cluster.kubeconfig.read_text(encoding="utf-8"))
    warnings: list[str] = []
    monkeypatch.setattr("pulumi.warn", warnings.append)
    monkeypatch.setattr(taken, "this_stack", lambda: "slostack/dev")

    def check(namespace: str) -> None:
        config = stack_config("dev")
        config["kubernetes"]["namespace"] = namespace
        check_namespaces(parse_settings(config, "dev"))

    check(applied.namespace)
    check(f"{applied.namespace}-new")
    others = f"{applied.namespace}-others"
    cluster.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": others}}])
    with pytest.raises(SlostackError, match=f"{others} is there already and no stack's"):
        check(others)
    assert warnings == []
    cluster.kubectl("delete", "namespace", others, "--wait=false")


def test_every_pod_is_scheduled_and_ready(cluster: Cluster, applied: Applied) -> None:
    expected = 0
    for (namespace, name), workload in applied.of_kind(*WORKLOADS):
        cluster.kubectl("rollout", "status", f"{workload['kind']}/{name}", "--namespace", namespace, "--timeout=60s")
        expected += workload["spec"].get("replicas", 1) if workload["kind"] != "DaemonSet" else 3
    pods = [each for namespace in applied.namespaces for each in cluster.get("pods", "--namespace", namespace)]
    assert len(pods) == expected
    claims = cluster.get("persistentvolumeclaims", "--namespace", applied.namespace)
    assert {each["status"]["phase"] for each in claims} == {"Bound"}


def test_the_cluster_has_what_the_program_registers(cluster: Cluster, applied: Applied) -> None:
    assert len(applied.objects) > 40
    assert cluster.differs(applied.objects) == ""
    changed = copy.deepcopy(applied.objects)
    next(each for each in changed if each["kind"] == "Service")["spec"]["ports"][0]["port"] = 1
    assert "port: 1" in cluster.differs(changed)


def test_replicas_are_on_nodes_of_their_own(cluster: Cluster, applied: Applied) -> None:
    for (namespace, name), workload in applied.of_kind("StatefulSet", "Deployment"):
        labels = ",".join(f"{key}={value}" for key, value in selector(name).items())
        pods = cluster.get("pods", "--namespace", namespace, "--selector", labels)
        assert len({each["spec"]["nodeName"] for each in pods}) == workload["spec"].get("replicas", 1)


@pytest.mark.parametrize("applied", ["prod"], indirect=True)
@pytest.mark.parametrize("server", ["alertmanager", "grafana"])
def test_a_change_replaces_one_replica_and_waits_until_it_is_ready(
    cluster: Cluster, applied: Applied, server: str
) -> None:
    workload = next(each for (_, name), each in applied.of_kind("StatefulSet", "Deployment") if name == server)
    namespace = ("--namespace", applied.namespace)
    cluster.kubectl("rollout", "status", f"{workload['kind']}/{server}", "--timeout=60s", *namespace)
    replicas: int = workload["spec"]["replicas"]
    changed = copy.deepcopy(workload)
    changed["spec"]["template"]["spec"]["nodeSelector"] = {"no": "such-node"}
    cluster.apply([changed])
    labels = ",".join(f"{key}={value}" for key, value in selector(server).items())

    def pods() -> Counter[str]:
        found = cluster.get("pods", "--selector", labels, *namespace)
        return Counter(each["status"]["phase"] for each in found if "deletionTimestamp" not in each["metadata"])

    wait_until(lambda: pods()["Pending"] > 0, "a replica is being replaced")
    assert pods()["Running"] >= replicas - 1
    cluster.apply([workload])
    cluster.kubectl("delete", "pods", "--field-selector=status.phase=Pending", *namespace)
    cluster.kubectl("rollout", "status", f"{workload['kind']}/{server}", "--timeout=60s", *namespace)


@pytest.mark.parametrize("applied", ["prod"], indirect=True)
@pytest.mark.parametrize("server", ["prometheus", "alertmanager"])
def test_a_replica_waits_for_a_node_of_its_own(cluster: Cluster, applied: Applied, server: str) -> None:
    namespace = ("--namespace", applied.namespace)
    cluster.kubectl("rollout", "status", f"statefulset/{server}", "--timeout=60s", *namespace)
    labels = ",".join(f"{key}={value}" for key, value in selector(server).items())

    def pods() -> dict[str, dict[str, Any]]:
        return {each["metadata"]["name"]: each for each in cluster.get("pods", "--selector", labels, *namespace)}

    def waits() -> bool:
        conditions = pods().get(moved, {}).get("status", {}).get("conditions", ())
        return any("didn't match pod anti-affinity rules" in each.get("message", "") for each in conditions)

    moved, taken = f"{server}-0", {each["spec"]["nodeName"] for each in pods().values()}
    every = {each["metadata"]["name"] for each in cluster.get("nodes")}
    closed = {*(every - taken), pods()[moved]["spec"]["nodeName"]}
    cluster.kubectl("cordon", *closed)
    try:
        cluster.kubectl("delete", "pod", moved, *namespace)
        wait_until(waits, "it finds no node", 30)
    finally:
        cluster.kubectl("uncordon", *closed)
    cluster.kubectl("rollout", "status", f"statefulset/{server}", "--timeout=60s", *namespace)
    assert len({each["spec"]["nodeName"] for each in pods().values()}) == len(taken)


def test_every_pod_has_a_network_policy_of_its_own(cluster: Cluster, applied: Applied) -> None:
    for namespace in applied.namespaces:
        policies = cluster.get("networkpolicies", "--namespace", namespace)
        general = {each["metadata"]["name"] for each in policies if not each["spec"]["podSelector"]}
        assert general == {"default-deny", "allow-dns"}
        for each in cluster.get("pods", "--namespace", namespace):
            labels = each["metadata"]["labels"].items()
            own = [p for p in policies if (s := p["spec"]["podSelector"].get("matchLabels")) and s.items() <= labels]
            assert [p["metadata"]["name"] for p in own] == [each["metadata"]["labels"]["app.kubernetes.io/name"]]


def test_pod_security_admits_all_but_the_documented_exceptions(cluster: Cluster, applied: Applied) -> None:
    restricted = _restricted_namespace(cluster, applied)
    refused = set()
    for name, template in workloads(applied.objects):
        if refusal := cluster.refusal(pod(restricted, template)):
            assert "violates PodSecurity" in refusal
            refused.add(name)
    assert refused == UNRESTRICTED


def test_pod_security_refuses_a_pod_that_asks_for_more(cluster: Cluster, applied: Applied) -> None:
    restricted = _restricted_namespace(cluster, applied)
    violating = copy.deepcopy(pod(restricted, dict(workloads(applied.objects))["prometheus"]))
    violating["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    refusal = cluster.refusal(violating)
    assert refusal
    assert "violates PodSecurity" in refusal
    assert "allowPrivilegeEscalation" in refusal


def _restricted_namespace(cluster: Cluster, applied: Applied) -> str:
    """A namespace at the level `restricted` with every account of the stack."""
    name = f"{applied.namespace}-restricted"
    level = {"pod-security.kubernetes.io/enforce": "restricted"}
    accounts = [
        {**each, "metadata": {"name": of[1], "namespace": name}} for of, each in applied.of_kind("ServiceAccount")
    ]
    cluster.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": level}}, *accounts])
    return name
