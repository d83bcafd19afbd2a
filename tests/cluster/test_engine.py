"""The real Pulumi engine brings stacks to a real API server: up, edited, scaled, destroyed."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from slostack.deploy.secrets import required_secrets
from slostack.settings import parse_settings
from slostack.teams import load_teams
from tests.cluster.control_plane import Cluster
from tests.cluster.engine_stack import YES, new_stack
from tests.cluster.manifests import WORKLOADS
from tests.components.program import ROOT, canaries, stack_config
from tests.processes import wait_until
from tests.pulumi.engine import Engine, edit_stack

OWN = ("kube-root-ca.crt", "default")
"""What Kubernetes makes in every namespace."""


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

    engine.run("config", "set", "--secret", "grafanaSecretKey", "canary-dev-another-key", *stack)
    assert _changes(engine, stack) == {
        ("update", "kubernetes:core/v1:Secret"): 2,
        ("update", "kubernetes:apps/v1:Deployment"): 1,
    }, "Grafana's alone is replaced, which reads its secrets at its start; Prometheus reads the password of its metrics"

    edit_stack(engine, "dev", "prometheus", {**stack_config("dev")["prometheus"], "replicas": 2})
    logs += engine.run("up", *YES, *stack)
    assert {f"prometheus-{number}" for number in range(2)} <= set(_pods(cluster, namespace))

    _no_secret_is_in_plain_text(engine, "dev", logs)
    engine.run("destroy", *YES, *stack)
    _only_volumes_are_left(cluster, namespace)


def test_prod_comes_up_and_again_changes_nothing(engine: Engine, cluster: Cluster) -> None:
    stack = new_stack(engine, "prod", "engine-prod")
    logs = engine.run("up", *YES, *stack)
    logs += engine.run("up", *YES, *stack, "--expect-no-changes")
    _no_secret_is_in_plain_text(engine, "prod", logs)
    refused = engine.run("destroy", *YES, *stack, succeeds=False)
    assert "protected" in refused
    assert cluster.get("statefulsets", "--namespace", "engine-prod")


def _no_secret_is_in_plain_text(engine: Engine, stack: str, logs: str) -> None:
    """Neither in logs nor in outputs nor in the state, which has them encrypted."""
    state = engine.run("stack", "export", "--stack", stack)
    everything = logs + state + json.dumps(engine.outputs(stack))
    wanted = required_secrets(parse_settings(stack_config(stack), stack), load_teams(ROOT))
    assert wanted
    assert not [each.key for each in wanted if canaries(stack)[each.key] in everything]
    assert f"canary-{stack}" not in everything
    assert "ciphertext" in state


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
        found = {
            kind: [each for each in cluster.get(kind, "--namespace", namespace) if each["metadata"]["name"] not in OWN]
            for kind in (*kinds, "ServiceAccount", "Role", "RoleBinding")
        }
        found["Namespace"] = [o for o in cluster.get("namespaces") if o["metadata"]["name"] == f"{namespace}-nodes"]
        return {kind: objects for kind, objects in found.items() if objects}

    wait_until(lambda: not left(), "destroy has left nothing that runs", 30)
    assert cluster.get("persistentvolumeclaims", "--namespace", namespace)
    for kind in ("clusterroles", "clusterrolebindings"):
        found = cluster.get(kind, "--selector", "app.kubernetes.io/part-of=slostack")
        assert not [each for each in found if namespace in each["metadata"]["name"]]
