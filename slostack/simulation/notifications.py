"""The notifications that Alertmanager would send: a model of its grouping, inhibition and deduplication.

It reads Alertmanager's own configuration: its routes, and the inhibition rules with `=` and `=~` matchers, which are
what slostack writes. It knows no times at which a route is mute.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slostack.routed import routes
from slostack.simulation.result import Result
from slostack.simulation.scenario import Span

Labels = Mapping[str, str]
_MATCHER = re.compile(r'(?P<label>\w+)(?P<operator>=~?)"(?P<value>.*)"')
_DURATION = re.compile(r"(\d+)([dhms])")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True)
class Notification:
    """One message: the alerts that fire and those that don't any more, by their labels; a repetition tells nothing
    new."""

    at: float
    firing: tuple[Labels, ...]
    resolved: tuple[Labels, ...]
    is_repeated: bool


@dataclass(frozen=True, eq=False)
class _Alert(Span):
    labels: Labels


@dataclass(frozen=True)
class _Pace:
    wait: float
    interval: float
    repeat: float


def notifications(result: Result, config: Mapping[str, Any]) -> tuple[Notification, ...]:
    """What Alertmanager with a configuration (alertmanager.yml, read) sends for the alerts of a simulation."""
    alerts = _alerts(result)
    muted = _Inhibition(config.get("inhibit_rules", ()), alerts)
    groups: dict[tuple[object, ...], list[_Alert]] = defaultdict(list)
    for alert in alerts:
        for route in routes(config, alert.labels):
            by = tuple(alert.labels.get(label, "") for label in route["group_by"])
            groups[_pace(route), route["receiver"], by].append(alert)
    sent = (message for (pace, *_), group in groups.items() for message in _group(pace, group, muted))  # type: ignore[arg-type]
    return tuple(sorted(sent, key=lambda message: message.at))


def _alerts(result: Result) -> list[_Alert]:
    """When each alert fired, as Alertmanager hears of it: one that is lost goes on until it expires."""
    found: list[_Alert] = []
    firing: dict[frozenset[tuple[str, str]], Span] = {}
    for each in result.transitions:
        key = frozenset(each.labels.items())
        before = firing.pop(key, None)
        if before and before.end <= each.at:
            found.append(_Alert(before.start, before.end, each.labels))
            before = None
        if each.state == "firing":
            firing[key] = Span(before.start if before else each.at, float("inf"))
        elif before and each.state == "lost" and each.until:
            firing[key] = Span(before.start, each.until)
        elif before and before.end == float("inf"):
            found.append(_Alert(before.start, each.at, each.labels))
    found += [_Alert(span.start, span.end, dict(key)) for key, span in firing.items()]
    return sorted(found, key=lambda alert: alert.start)


def _group(pace: _Pace, alerts: Iterable[_Alert], muted: _Inhibition) -> Iterator[Notification]:
    """What one group of alerts sends, flush by flush (Alertmanager's dispatch/dispatch.go and DedupStage)."""
    coming = list(alerts)[::-1]
    members: dict[frozenset[tuple[str, str]], _Alert] = {}
    told_firing: set[frozenset[tuple[str, str]]] = set()
    told_resolved: set[frozenset[tuple[str, str]]] = set()
    told_at, now = -float("inf"), 0.0
    while coming or members:
        now = now + pace.interval if members else coming[-1].start + pace.wait
        while coming and coming[-1].start <= now:
            alert = coming.pop()
            members[frozenset(alert.labels.items())] = alert
        heard = {key: alert for key, alert in members.items() if not muted(alert, now)}
        firing = {key for key, alert in heard.items() if alert.contains(now)}
        resolved = set(heard) - firing
        is_news = bool(firing - told_firing) if firing else bool(told_firing and heard)
        is_news = is_news or bool(firing and told_firing and resolved - told_resolved)
        is_repeated = bool(firing) and not is_news and now > told_at + pace.repeat
        if is_news or is_repeated:
            labels = tuple(heard[key].labels for key in firing), tuple(heard[key].labels for key in resolved)
            yield Notification(now, *labels, is_repeated)
            told_firing, told_resolved, told_at = firing, resolved, now
        members = {key: alert for key, alert in members.items() if alert.contains(now)}
        if not coming and all(alert.end == float("inf") for alert in members.values()):
            return


class _Inhibition:
    """Tells whether an alert is muted at a time by one that fires then."""

    def __init__(self, rules: Iterable[Mapping[str, Any]], alerts: list[_Alert]) -> None:
        self.rules = [
            (rule, [alert for alert in alerts if _match(rule["source_matchers"], alert.labels)]) for rule in rules
        ]

    def __call__(self, alert: _Alert, now: float) -> bool:
        return any(
            source.contains(now) and all(source.labels.get(name) == alert.labels.get(name) for name in rule["equal"])
            for rule, sources in self.rules
            if _match(rule["target_matchers"], alert.labels)
            for source in sources
        )


def _match(matchers: Iterable[str], labels: Labels) -> bool:
    return all(_matches(matcher, labels) for matcher in matchers)


def _matches(matcher: str, labels: Labels) -> bool:
    parts = _MATCHER.fullmatch(matcher)
    assert parts, matcher
    value = labels.get(parts["label"], "")
    return bool(re.fullmatch(parts["value"], value)) if parts["operator"] == "=~" else value == parts["value"]


def _pace(route: Mapping[str, Any]) -> _Pace:
    return _Pace(*(_seconds(route[name]) for name in ("group_wait", "group_interval", "repeat_interval")))


def _seconds(duration: str) -> float:
    return sum(int(number) * _SECONDS[unit] for number, unit in _DURATION.findall(duration))
