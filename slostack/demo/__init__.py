"""The demo: simulated services whose failures can be switched on."""

from slostack.demo.scenario import Scenario
from slostack.demo.scenarios import SCENARIOS, find, of_service
from slostack.demo.switches import played, read_switches, state_folder, switch_off, switch_on

__all__ = [
    "SCENARIOS",
    "Scenario",
    "find",
    "of_service",
    "played",
    "read_switches",
    "state_folder",
    "switch_off",
    "switch_on",
]
