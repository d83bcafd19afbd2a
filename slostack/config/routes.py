"""Alertmanager's routes: which receiver an alert reaches by its labels, how soon, and how often again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from slostack import names
from slostack.config.channels import CHANNELS, ESCALATION_CHANNELS, NOTICE_CHANNELS, Channel, Json, receiver
from slostack.config.recipients import Recipient, Ways
from slostack.config.topology import Topology
from slostack.settings import Settings
from slostack.spec import Duration, Service, Severity

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
UNKNOWN_SEVERITY: Severity = "medium"
"""How an alert is treated whose severity is none of these: someone should see it, nobody be woken."""
NOBODY = "nobody"
"""The receiver of what is escalated where there is no second level."""


@dataclass(frozen=True)
class Pace:
    """How long notifications of a severity wait for more of their group, and after what time they repeat."""

    wait: Duration
    interval: Duration
    repeat: Duration


PACES: dict[Severity, Pace] = {
    "critical": Pace(Duration(10), Duration(60), Duration(30 * 60)),
    "high": Pace(Duration(30), Duration(2 * 60), Duration(2 * 3600)),
    "medium": Pace(Duration(60), Duration(5 * 60), Duration(2 * 3600)),
    "low": Pace(Duration(5 * 60), Duration(15 * 60), Duration(24 * 3600)),
}
NOTICE_PACE = Pace(Duration(10), Duration(60), Duration(4 * 86400))
"""A notice is news at once, and once."""
_ESCALATED = f'{names.ESCALATION}!=""'
_EARLY = Duration(30)
"""A repetition goes out with the first group interval after its own, counted from when the last one was sent: asked for
this much earlier, it goes out in time."""


def pace(of: Pace) -> dict[str, str]:
    """A route's times."""
    return {"group_wait": str(of.wait), "group_interval": str(of.interval), "repeat_interval": _repeat(of.repeat)}


def _repeat(after: Duration) -> str:
    return str(Duration(after.seconds - _EARLY.seconds))


def name_of(team: str, what: str) -> str:
    """The name of a team's receiver."""
    return f"{team}-{what}" if team else what


@dataclass(frozen=True)
class Routing:
    """The routes, the receivers and the times of some alerts."""

    routes: tuple[Json, ...] = ()
    receivers: tuple[Json, ...] = ()
    times: tuple[Json, ...] = ()


@dataclass(frozen=True)
class _Kind:
    """Alerts that are routed alike: by what labels, how soon and how often, to whom and by which channels."""

    name: str
    matcher: str
    severity: Severity
    channels: tuple[Channel, ...]
    ways: Ways
    pace: Pace
    renotify: tuple[Duration, ...] = ()
    hours: str | None = None


def team_routing(recipient: Recipient, services: Iterable[Service], settings: Settings, topology: Topology) -> Routing:
    """How a team hears of its services' alerts."""
    own = tuple(service for service in services if recipient.team in ("", service.team))
    quiet = {service.service: service.notify.off for service in own}
    kinds = [_of_kind(kind, recipient.team, quiet, settings, topology) for kind in _kinds(recipient, own)]
    if not recipient.second_level:
        kinds.insert(0, Routing(({"matchers": [_ESCALATED], "receiver": NOBODY, **pace(PACES["critical"])},)))
    return Routing(
        tuple(route for each in kinds for route in each.routes),
        tuple(receiver for each in kinds for receiver in each.receivers),
        _times(recipient),
    )


def _kinds(recipient: Recipient, services: tuple[Service, ...]) -> Iterable[_Kind]:
    if second := recipient.second_level:
        yield _Kind("escalation", _ESCALATED, "critical", ESCALATION_CHANNELS, second, PACES["critical"])
    yield _Kind("notice", f'{names.NOTICE}="true"', "low", NOTICE_CHANNELS, recipient.ways, NOTICE_PACE)
    for severity in SEVERITIES:
        asked = {alert.renotify for each in services for alert in each.alerts if alert.severity == severity}
        yield _Kind(
            severity,
            f'{names.SEVERITY}="{severity}"',
            severity,
            CHANNELS[severity],
            recipient.ways,
            PACES[severity],
            tuple(sorted(time for time in asked if time)),
            _hours_of(recipient) if severity == "low" and recipient.business_hours else None,
        )


def _of_kind(
    kind: _Kind, team: str, quiet: dict[str, frozenset[str]], settings: Settings, topology: Topology
) -> Routing:
    """The route of a kind; below it those of services that keep some of its channels off, and of other repetitions."""
    name = name_of(team, kind.name)
    hours = {"active_time_intervals": [kind.hours]} if kind.hours else {}  # which no route inherits
    receivers = [receiver(name, kind.ways, kind.channels, kind.severity, settings, topology)]
    children = []
    for off, services in _by_channels_off(kind.channels, kind.ways, quiet).items():
        without = f"{name}-without-{'-'.join(off)}"
        rest = tuple(channel for channel in kind.channels if channel not in off)
        receivers.append(receiver(without, kind.ways, rest, kind.severity, settings, topology))
        matcher = f'{names.SERVICE}=~"{"|".join(services)}"'
        below = _told_again(kind, without, hours)
        children.append({"matchers": [matcher], "receiver": without, **_below(below)})
    children += _told_again(kind, name, hours)
    route = {"matchers": [kind.matcher], "receiver": name, **pace(kind.pace), **hours, **_below(children)}
    return Routing((route,), tuple(receivers))


def _told_again(kind: _Kind, receiver_name: str, hours: Json) -> list[Json]:
    """The routes of alerts that ask for another repetition."""
    return [
        {
            "matchers": [f'{names.RENOTIFY}="{time}"'],
            "receiver": receiver_name,
            "repeat_interval": _repeat(time),
            **hours,
        }
        for time in kind.renotify
    ]


def _by_channels_off(
    channels: tuple[Channel, ...], ways: Ways, quiet: dict[str, frozenset[str]]
) -> dict[tuple[Channel, ...], list[str]]:
    """The services that keep some of the channels off, by which of those that there are."""
    found: dict[tuple[Channel, ...], list[str]] = {}
    for service, off in sorted(quiet.items()):
        if kept_off := tuple(channel for channel in channels if channel in off and getattr(ways, channel)):
            found.setdefault(kept_off, []).append(service)
    return found


def _below(routes: list[Json]) -> Json:
    return {"routes": routes} if routes else {}


def _hours_of(recipient: Recipient) -> str:
    return name_of(recipient.team, "business-hours")


def _times(recipient: Recipient) -> tuple[Json, ...]:
    hours = recipient.business_hours
    if not hours:
        return ()
    start, end = hours.hours.split("-")
    interval: Json = {
        "times": [{"start_time": start, "end_time": end}],
        "weekdays": [*hours.days],
        "location": hours.time_zone,
    }
    return ({"name": _hours_of(recipient), "time_intervals": [interval]},)
