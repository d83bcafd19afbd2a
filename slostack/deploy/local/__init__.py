"""The stack on this machine, under a supervisor, bound to loopback only."""

from slostack.deploy.local.stack import down, up
from slostack.deploy.local.state import LocalStack, ProgramState, running_stack, status

__all__ = ["LocalStack", "ProgramState", "down", "running_stack", "status", "up"]
