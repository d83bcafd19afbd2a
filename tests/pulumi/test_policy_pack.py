"""The real engine asks the policy pack: a stack passes, what violates a policy stops the preview."""

from __future__ import annotations

import re

from tests.components.program import canaries
from tests.pulumi.engine import Engine, need_kubernetes_provider

PACK = ("--policy-pack", "policy-pack")
VIOLATING = """
from pulumi import ComponentResource

LABELS = {f"app.kubernetes.io/{name}": "shop" for name in ("part-of", "managed-by")}
INPUTS = {"metadata": {"labels": LABELS}, "spec": {"type": "LoadBalancer"}}
ComponentResource("kubernetes:core/v1:Service", "open", INPUTS)

METADATA = {"name": "slostack-acme-alloy", "labels": LABELS | {"app.kubernetes.io/instance": "shop"}}
RULES = [{"backendRefs": [{"name": "grafana"}, {"name": "loki"}]}]
INPUTS = {"metadata": METADATA, "spec": {"rules": RULES}}
ComponentResource("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", "way-in", INPUTS)

RULES = [{"apiGroups": [""], "resources": ["pods", "pods/*"], "verbs": ["get"]}]
ComponentResource("kubernetes:rbac.authorization.k8s.io/v1:Role", "rights", {"metadata": METADATA, "rules": RULES})
"""
"""A program whose resources are no Kubernetes objects but have the types of some, so that no provider is needed."""


def test_a_stack_passes(engine: Engine) -> None:
    need_kubernetes_provider()
    engine.new_stack("prod", canaries("prod"))
    text = engine.run("preview", "--stack", "prod", *PACK)
    assert "✅ slostack@" in text
    assert "canary-" not in text


def test_what_violates_policies_stops_the_preview_and_is_named(engine: Engine) -> None:
    (engine.project / "__main__.py").write_text(VIOLATING, encoding="utf-8")
    engine.run("stack", "init", "prod")
    text = engine.run("preview", "--stack", "prod", *PACK, succeeds=False)
    found = re.findall(r"- \[mandatory\]  (\S+)  \(kubernetes:\S+: (\S+)\)\n.*\n +(.+)", text)
    assert sorted(found) == [
        ("labelled", "open", "no label instance"),
        (
            "least-rights",
            "rights",
            "Role slostack-acme-alloy: rule 1 lets get pods/*, expected at most get, list, watch pods; get pods/log",
        ),
        ("only-grafana", "way-in", "leads to Service loki, expected the Service grafana of its namespace"),
        ("only-inside", "open", "of type LoadBalancer, expected ClusterIP"),
    ]
