"""The failure scenarios of the demo's services, by service and name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from slostack.demo.conditions import Conditions, combine
from slostack.demo.model import Model
from slostack.demo.scenario import Scenario
from slostack.demo.services import junkos, learnsnap, postfacta, stolen_tee
from slostack.errors import SlostackError

__all__ = ["MODELS", "SCENARIOS", "Scenario", "conditions_under", "find", "of_service"]

_SERVICES = (learnsnap, postfacta, stolen_tee, junkos)

MODELS: Mapping[str, Model] = {service.MODEL.service: service.MODEL for service in _SERVICES}
"""Every service that the demo plays, by its name."""
SCENARIOS: Mapping[str, Mapping[str, Scenario]] = {
    service.MODEL.service: {scenario.name: scenario for scenario in service.SCENARIOS} for service in _SERVICES
}
"""Every scenario by service and name."""


def find(service: str, name: str) -> Scenario:
    """The scenario of a service; raises SlostackError that names the known ones."""
    scenarios = of_service(service)
    if name not in scenarios:
        raise SlostackError(f"no scenario {name!r} for {service}, expected one of {', '.join(scenarios)}")
    return scenarios[name]


def of_service(service: str) -> Mapping[str, Scenario]:
    """The scenarios of a service by name; raises SlostackError that names the known services."""
    if service not in SCENARIOS:
        raise SlostackError(f"no demo of a service {service!r}, expected one of {', '.join(SCENARIOS)}")
    return SCENARIOS[service]


def conditions_under(service: str, broken: Iterable[str]) -> Conditions:
    """What a service's workload does while the named scenarios are switched on."""
    scenarios = of_service(service)
    return combine(scenarios[name].effect for name in sorted(broken))
