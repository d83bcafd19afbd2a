from __future__ import annotations

import pytest

from tests.components.program import CLUSTER_STACKS, Program, canaries, run_program, stack_config


@pytest.fixture(params=CLUSTER_STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    """The name of each stack in a cluster."""
    return str(request.param)


@pytest.fixture
def program(stack: str) -> Program:
    """What the program registers for each stack in a cluster."""
    return run_program(stack, stack_config(stack), canaries(stack))


@pytest.fixture
def prod() -> Program:
    """What the program registers for prod."""
    return run_program("prod", stack_config("prod"), canaries("prod"))
