"""A stack that the real engine brings to the cluster of the tests."""

from __future__ import annotations

from tests.components.program import canaries, stack_config
from tests.pulumi.engine import Engine, edit_stack

YES = ("--yes", "--skip-preview")


def new_stack(engine: Engine, name: str, namespace: str) -> tuple[str, str]:
    """A new stack in a namespace of its own; the options that name it."""
    edit_stack(engine, name, "kubernetes", {**stack_config(name)["kubernetes"], "namespace": namespace})
    engine.new_stack(name, canaries(name))
    return ("--stack", name)
