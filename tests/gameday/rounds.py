"""Which scenarios are played at once: in a round every service plays some that have nothing to do with each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import zip_longest

from slostack.demo import Scenario
from slostack.demo.conditions import ORDINARY, Conditions
from slostack.spec import Service
from tests.gameday.expected import minutes_of_memory, minutes_until, silencers

FACTOR, FACTOR_OF_OUTAGES = 30, 6
"""Half a second between scrapes, a second between evaluations: two cores have time to spare. What has to be told within
two minutes is played slower: of these the machine's own time, which isn't compressed, may take only seconds."""
LONG = 35
"""Minutes that an alert may look back over for its end to be waited for: what counts for an hour ends an hour later."""
_SAME = {
    "traffic": "requests",
    "failures": "requests",
    "unreachable": "probes",
    "probe_seconds": "probes",
    "stuck_payments": "payments",
    "webhook_replays": "payments",
    "open_breakers": "generations",
    "failed_generations": "generations",
    "generation_slowdown": "generations",
}
"""Conditions of a service that change the same thing."""
_PROCESS = "process"
_RESTARTS = ("answers", "seconds_between_crashes", "version")
"""Conditions that begin or end with a new process: all that it counts and holds changes."""


Group = tuple[Scenario, ...]


@dataclass(frozen=True)
class Round:
    """Scenarios by service that are played at once, and the alerts by service whose end is waited for."""

    scenarios: Mapping[str, Group]
    ends: Mapping[str, frozenset[str]]
    factor: int
    minutes: float
    """How long it takes at most, in played time."""


def rounds(services: Mapping[str, Service], asked: Mapping[str, Iterable[Scenario]]) -> Iterator[Round]:
    """Every scenario that is asked for, each in one round. The outages of all services are played together, and so are
    the longest scenarios of all, so that the other rounds are short."""
    groups = {name: list(_groups(services[name], scenarios)) for name, scenarios in asked.items()}
    for answers in (False, True):
        columns = {name: [group for group in found if _answers(group) == answers] for name, found in groups.items()}
        for row in zip_longest(*columns.values(), fillvalue=()):
            played = {name: group for name, group in zip(columns, row, strict=True) if group}
            yield _round(services, played, FACTOR if answers else FACTOR_OF_OUTAGES)


def _round(services: Mapping[str, Service], played: Mapping[str, Group], factor: int) -> Round:
    alerts = {(name, alert) for name, group in played.items() for each in group for alert in each.named}
    memory = {(name, alert): minutes_of_memory(services[name], alert) for name, alert in alerts}
    ends = {each for each in alerts if memory[each] <= LONG}
    until = max(minutes_until(services[name], alert) for name, alert in alerts)
    return Round(
        played,
        {name: frozenset(alert for of, alert in ends if of == name) for name in played},
        factor,
        until + max((memory[each] for each in ends), default=0),
    )


def _groups(service: Service, scenarios: Iterable[Scenario]) -> Iterator[Group]:
    """Each scenario, the longest first, joins the first group in which nothing has to do with it."""

    def takes(scenario: Scenario) -> tuple[float, float]:
        return (
            max(minutes_until(service, alert) for alert in scenario.named),
            max(minutes_of_memory(service, alert) for alert in scenario.named),
        )

    groups: list[list[Scenario]] = []
    for scenario in sorted(scenarios, key=takes, reverse=True):
        fitting = (group for group in groups if all(are_apart(service, scenario, each) for each in group))
        if group := next(fitting, None):
            group.append(scenario)
        else:
            groups.append([scenario])
    return map(tuple, groups)


def are_apart(service: Service, one: Scenario, other: Scenario) -> bool:
    """Whether two scenarios neither change the same thing, nor raise the same alert, nor one that keeps another of the
    other quiet."""
    alerts, others = ({*each.named, *each.also} for each in (one, other))
    silencing = {cause for alert in alerts for cause in silencers(service, alert)} & others
    silenced = {cause for alert in others for cause in silencers(service, alert)} & alerts
    changed, changes = _changes(one.effect), _changes(other.effect)
    return (
        not alerts & others
        and not silencing
        and not silenced
        and not changed & changes
        and not {_PROCESS} & (changed | changes)
    )


def _changes(effect: Conditions) -> set[str]:
    """What is changed: names of conditions, series, paths."""
    found: set[str] = set()
    for each in fields(Conditions):
        value = getattr(effect, each.name)
        if value == getattr(ORDINARY, each.name):
            continue
        if each.name in _RESTARTS:
            found.add(_PROCESS)
        elif isinstance(value, Mapping):
            found.update(value)
        else:
            found.add(_SAME.get(each.name, each.name))
    return found


def _answers(group: Group) -> bool:
    return all(scenario.effect.answers for scenario in group)
