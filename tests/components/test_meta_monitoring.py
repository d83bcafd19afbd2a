"""The stack's own alerts look at the very objects that the stack registers."""

from __future__ import annotations

import re

from tests.components.program import canaries, run_program, stack_config

KINDS = {"kube_deployment": ":Deployment", "kube_statefulset": ":StatefulSet", "kube_daemonset": ":DaemonSet"}
"""The beginnings of kube-state-metrics' metrics, and the types of the workloads that they are of."""


def test_missing_replicas_are_told_of_every_workload_of_the_stack_in_its_own_namespaces() -> None:
    config = stack_config("prod")
    config["kubernetes"]["namespace"] = "observability"
    program = run_program("prod", config, canaries("prod"))
    ((bundle, _),) = program.checked
    rules = bundle.files["prometheus/rules/slostack.yaml"]
    assert ".invalid" not in rules
    asked = re.findall(r'(kube_[a-z]+)_\w+\{namespace=~"(.+?)"\}', rules)
    assert {kind for kind, _ in asked} == set(KINDS)
    for kind, namespaces in asked:
        workloads = [each.inputs["metadata"]["namespace"] for each in program.of_type(KINDS[kind])]
        assert workloads
        assert all(re.fullmatch(namespaces, namespace) for namespace in workloads)
        assert not re.fullmatch(namespaces, "kube-system")
