"""What a running Prometheus really has of a service's monitoring."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slostack import names
from slostack.audit.configured import Configured, ReadPanel
from slostack.backtest.prometheus import Prometheus, Query
from slostack.errors import SlostackError
from slostack.prometheus_api import prometheus_api
from slostack.spec import Duration, Selector

LOOKBACK = "20m"
"""How old the last sample of a series may be: CloudWatch's come ten minutes late, and are asked for every five."""
_DAY, _HOUR = 86_400_000, 3_600_000
_OFFSET = re.compile(r"\boffset (\w+)")
_TIME = "_timestamp_seconds"
"""Ends the name of a gauge of the time at which something last happened; 0 is never."""


@dataclass(frozen=True)
class Rule:
    """A rule as Prometheus has it: whether its last evaluation, if there was one, went well, and of an alert whether it
    has a runbook."""

    healthy: bool
    has_runbook: bool


@dataclass(frozen=True)
class Seen:
    """What is there: series by selector, panels by title (whether they showed anything within a day), SLOs by name
    (whether they had events within a week), alerting rules by name, and whether an Alertmanager is told; None where
    the server doesn't tell. `waiting` are panels by title that show nothing, as what they read is there and hasn't been
    for as long as they look back: that time, such as `8d`.
    """

    source: str
    series: Mapping[str, bool] = field(default_factory=dict)
    panels: Mapping[str, bool] = field(default_factory=dict)
    slos: Mapping[str, bool] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Rule] | None = None
    alertmanager: bool | None = None


def seen(prometheus: Prometheus, of: Configured, wanted: Iterable[Selector]) -> Seen:
    """What a Prometheus has of a service: of what its panels and SLOs read, and of some selectors beside.

    Raises SlostackError where it doesn't answer.
    """
    series = list(dict.fromkeys(wanted))
    service = of.service.service
    now = int(time.time()) * 1000
    events = f'sum_over_time({names.EVENTS}{{{names.SERVICE}="{service}"}}[7d])'
    slos = f"max by ({names.SLO}) ({events}) > 0"
    asked = [Query(_presence(each), now - _HOUR, now, _HOUR) for each in series]
    asked += [Query(expr, now - _DAY, now, _HOUR) for panel in of.panels for expr in panel.queries]
    asked.append(Query(slos, now - _HOUR, now, _HOUR))
    comparing = {panel.title: panel for panel in of.panels if looks_back(panel)}
    asked += [Query(_began_within(panel), now - _HOUR, now, _HOUR) for panel in comparing.values()]
    answers = iter(prometheus.ask(asked))
    series_there = {str(each): bool(next(answers)) for each in series}
    shown = _any((panel.title, bool(next(answers))) for panel in of.panels for _ in panel.queries)
    return Seen(
        source=prometheus.shown,
        series=series_there,
        panels=shown,
        slos={each.labels.get(names.SLO, ""): True for each in next(answers)},
        waiting={title: looks_back(panel) for title, panel in comparing.items() if next(answers) and not shown[title]},
        rules=_rules(prometheus, service),
        alertmanager=_alertmanager(prometheus),
    )


def looks_back(panel: ReadPanel) -> str:
    """How long ago a panel compares with at the longest, such as `8d`; empty where that is no day, or it reads `up`
    alone."""
    offsets = [Duration.parse(offset) for query in panel.queries for offset in _OFFSET.findall(query)]
    longest = max(offsets, default=Duration(0))
    return str(longest) if 1000 * longest.seconds >= _DAY and _telling(panel) else ""


def _began_within(panel: ReadPanel) -> str:
    """Has a result where what a panel reads is there, and began after the time that it compares with."""
    now = " or ".join(f"last_over_time({each}[{LOOKBACK}])" for each in _telling(panel))
    before = " or ".join(f"last_over_time({each}[1h] offset {looks_back(panel)})" for each in _telling(panel))
    return f"count({now}) unless on () count({before})"


def _telling(panel: ReadPanel) -> list[Selector]:
    """What it reads beside `up`, which is there whatever a target exposes."""
    return [each for each in dict.fromkeys(panel.selectors) if each.metric != "up"]


def _presence(selector: Selector) -> str:
    happened = " > 0" if selector.metric.endswith(_TIME) else ""
    return f"count(last_over_time({selector}[{LOOKBACK}]){happened})"


def _any(pairs: Iterable[tuple[str, bool]]) -> Mapping[str, bool]:
    found: dict[str, bool] = {}
    for key, value in pairs:
        found[key] = found.get(key, False) or value
    return found


def _rules(prometheus: Prometheus, service: str) -> Mapping[str, Rule] | None:
    """The alerting rules whose labels name the service, and the place where one is asked for."""
    groups = _told(prometheus, "rules", {"type": "alert"}, "groups")
    if groups is None:
        return None
    wanted = {**prometheus.only, names.SERVICE: service}.items()
    found: dict[str, Rule] = {}
    for rule in (rule for group in groups for rule in group["rules"]):
        if not wanted <= rule.get("labels", {}).items():
            continue
        one = Rule(rule.get("health") != "err", bool(rule.get("annotations", {}).get("runbook_url")))
        before = found.get(rule["name"], one)
        found[rule["name"]] = Rule(before.healthy and one.healthy, before.has_runbook and one.has_runbook)
    return found


def _alertmanager(prometheus: Prometheus) -> bool | None:
    active = _told(prometheus, "alertmanagers", {}, "activeAlertmanagers")
    return None if active is None else bool(active)


def _told(prometheus: Prometheus, path: str, parameters: Mapping[str, str], key: str) -> list[dict[str, Any]] | None:
    """What of it only a Prometheus itself tells; None of a server that answers queries alone."""
    try:
        found: list[dict[str, Any]] = prometheus_api(prometheus.url, path, parameters, prometheus.token)[key]
    except (SlostackError, KeyError, TypeError):
        return None
    return found
