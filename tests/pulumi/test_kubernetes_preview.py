"""The real engine and its Kubernetes provider accept every stack: a preview, without a cluster."""

from __future__ import annotations

import json

import pytest

from tests.components.program import CLUSTER_STACKS, canaries, run_program, stack_config
from tests.pulumi.engine import Engine, need_kubernetes_provider


@pytest.mark.parametrize("stack", CLUSTER_STACKS)
def test_a_preview_plans_what_the_program_registers(engine: Engine, stack: str) -> None:
    need_kubernetes_provider()
    engine.new_stack(stack, canaries(stack))
    text = engine.run("preview", "--stack", stack, "--json")
    assert f"canary-{stack}" not in text
    plan = json.loads(text[text.index("{") :])
    assert {step["op"] for step in plan["steps"]} == {"create"}
    planned = {(step["newState"]["type"], step["urn"].rpartition("::")[2]) for step in plan["steps"]}
    registered = run_program(stack, stack_config(stack), canaries(stack)).resources
    assert planned == {(each.type, each.name) for each in registered} | {("pulumi:pulumi:Stack", f"slostack-{stack}")}


def test_wrong_config_is_one_clear_error(engine: Engine) -> None:
    engine.new_stack("prod", {})
    text = engine.run("preview", "--stack", "prod", succeeds=False)
    assert "stack prod: slostack:slackUrl: missing, expected a secret: pulumi config set --secret slackUrl" in text
    assert "Traceback" not in text
    assert "to create" not in text.replace("+ 1 to create", "")
