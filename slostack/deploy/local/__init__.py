"""The stack on this machine, under a supervisor, bound to loopback only."""

from slostack.deploy.local.stack import down, up
from slostack.deploy.local.state import LocalStack, ProgramState, reported_state, status

__all__ = ["LocalStack", "ProgramState", "down", "reported_state", "status", "up"]
