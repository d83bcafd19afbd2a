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
"""
"""A program whose resource is no Kubernetes object but has the type of one, so that no provider is needed."""


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
    found = re.findall(r"- \[mandatory\]  (\S+)  \(kubernetes:core/v1:Service: open\)\n.*\n +(.+)", text)
    assert found == [
        ("labelled", "no label instance"),
        ("only-inside", "a Service of type LoadBalancer or with external addresses"),
    ]
