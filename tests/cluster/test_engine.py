"""The real Pulumi engine brings stacks to a real API server: up, edited, scaled, destroyed."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tests.cluster.control_plane import Cluster
from tests.cluster.engine_stack import YES, new_stack
from tests.cluster.manifests import WORKLOADS
from tests.components.program import canaries, stack_config
from tests.processes import wait_until
from tests.pulumi.engine import Engine, edit_stack


def test_a_stack_from_up_to_destroy(engine: Engine, cluster: Cluster) -> None:
    namespace = "engine-dev"
    stack = new_stack(engine, "dev", namespace)
    logs = engine.run("up", *YES, *stack)
    engine.run("up", *YES, *stack, "--expect-no-changes")
    pods = _pods(cluster, namespace)
    assert {name.rpartition("-")[0].partition("-")[0] for name in pods} >= {"prometheus", "alertmanager", "grafana"}

    _edit_an_objective(engine)
    changed = _changes(engine, stack)
    assert set(changed) == {("update", "kubernetes:core/v1:ConfigMap")}
    assert changed.total() == 2, "the shard of the rules and that of the dashboards"
    logs += engine.run("up", *YES, *stack)
    rules = cluster.get("configmaps", "--namespace", namespace)
    assert any("vector(0.995)" in text for each in rules for text in each["data"].values())
    assert _pods(cluster, namespace) == pods, "no pod restarts"

    edit_stack(engine, "dev", "prometheus", {**stack_config("dev")["prometheus"], "replicas": 2})
    logs += engine.run("up", *YES, *stack)
    assert {f"prometheus-{number}" for number in range(2)} <= set(_pods(cluster, namespace))

    state = engine.run("stack", "export", *stack)
    outputs = json.dumps(engine.outputs("dev"))
    for key, secret in canaries("dev").items():
        assert secret not in logs + state + outputs, key
    assert "ciphertext" in state

    engine.run("destroy", *YES, *stack)
    _only_volumes_are_left(cluster, namespace)


def test_prod_comes_up_and_again_changes_nothing(engine: Engine, cluster: Cluster) -> None:
    stack = new_stack(engine, "prod", "engine-prod")
    engine.run("up", *YES, *stack)
    engine.run("up", *YES, *stack, "--expect-no-changes")
    refused = engine.run("destroy", *YES, *stack, succeeds=False)
    assert "protected" in refused
    assert cluster.get("statefulsets", "--namespace", "engine-prod")


def _pods(cluster: Cluster, namespace: str) -> dict[str, str]:
    """The uid of every pod, by name."""
    return {p["metadata"]["name"]: p["metadata"]["uid"] for p in cluster.get("pods", "--namespace", namespace)}


def _edit_an_objective(engine: Engine) -> None:
    path = engine.project / "slos" / "learnsnap.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("objective: 99.9 ", "objective: 99.5 ", 1), encoding="utf-8")


def _changes(engine: Engine, stack: tuple[str, str]) -> Counter[tuple[str, str]]:
    """What an up would do, besides leaving alone: the operations and the types of what they change."""
    text = engine.run("preview", "--json", *stack)
    plan = json.loads(text[text.index("{") :])
    steps = ((step["op"], step["urn"].split("::")[2].rpartition("$")[2]) for step in plan["steps"])
    return Counter(step for step in steps if step[0] != "same")


def _only_volumes_are_left(cluster: Cluster, namespace: str) -> None:
    def left() -> dict[str, list[dict[str, Any]]]:
        kinds = (*WORKLOADS, "Pod", "Service", "ConfigMap", "Secret", "NetworkPolicy", "Ingress", "PodDisruptionBudget")
        found = {kind: cluster.get(kind, "--namespace", namespace) for kind in kinds}
        found["ConfigMap"] = [o for o in found["ConfigMap"] if o["metadata"]["name"] != "kube-root-ca.crt"]
        return {kind: objects for kind, objects in found.items() if objects}

    wait_until(lambda: not left(), "destroy has left nothing that runs", 30)
    assert cluster.get("persistentvolumeclaims", "--namespace", namespace)
    roles = cluster.get("clusterroles", "--selector", "app.kubernetes.io/part-of=slostack")
    assert not [each for each in roles if namespace in each["metadata"]["name"]]
