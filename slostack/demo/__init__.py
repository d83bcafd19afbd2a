"""The demo: a simulated LearnSnap whose failures can be switched on."""

from slostack.demo.scenarios import SCENARIOS, Scenario, find, of_service
from slostack.demo.switches import is_running, read_switches, state_folder, switch_off, switch_on

__all__ = [
    "SCENARIOS",
    "Scenario",
    "find",
    "is_running",
    "of_service",
    "read_switches",
    "state_folder",
    "switch_off",
    "switch_on",
]
