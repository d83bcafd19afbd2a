"""Loki's rules: they count the lines of log queries every minute, for Prometheus to judge.

Loki's ruler evaluates them on a fixed grid, so that the minutes are next to each other, and writes what it counts to
Prometheus. It never counts a minute again: lines of a minute in which it didn't run are in no count.
"""

from __future__ import annotations

from slostack import names
from slostack.rules.grouping import Grouping
from slostack.rules.model import RecordingRule, RuleGroup
from slostack.spec.alert import LogCount
from slostack.spec.quantities import Duration
from slostack.spec.service import Service
from slostack.spec.sli import LogRatio
from slostack.spec.slo import Slo

INTERVAL = Duration(60)
LATENESS = Duration(30)
"""How late a line may reach Loki and still be counted."""
AGE = Duration(INTERVAL.seconds + LATENESS.seconds)
"""How much older than its count a line may be."""
DELIVERY = Duration(90)
"""After this time a count has reached Prometheus: a slow query, a lost connection and a restart are behind it."""
GROUP = "logs/"
"""Begins the name of the rule group that counts an SLO's lines: logs/<service>/<slo>."""


def log_groups(service: Service) -> tuple[RuleGroup, ...]:
    """Loki's rule groups of a service: one for each of its SLOs from logs, and one for its other counts."""
    of_slos = tuple(_group(service, slo, slo.sli.logs) for slo in service.slos if slo.sli.logs)
    counts = tuple(_line_count(service, count) for count in service.log_counts)
    return (*of_slos, RuleGroup(f"{GROUP}{service.service}", INTERVAL, counts)) if counts else of_slos


def _line_count(service: Service, count: LogCount) -> RecordingRule:
    lines = f'count_over_time(\n{count.query}\n| __error__=""\n[{count.window}] offset {LATENESS})'
    by = f" by ({', '.join(count.by)})" if count.by else ""
    labels = {names.SERVICE: service.service, names.COUNT: count.name}
    return RecordingRule(names.LOG_LINES, f"sum{by} ({lines}) >= {count.at_least}", labels)


def _group(service: Service, slo: Slo, logs: LogRatio) -> RuleGroup:
    """All lines before the bad ones: Prometheus may see a minute's first count a moment before its second."""
    by = Grouping(slo.group_by, slo.group_limit)
    labels = {names.SERVICE: service.service, names.SLO: slo.name}  # on each rule, Loki ignores those of a group
    rules = (
        RecordingRule(names.LOG_EVENTS, _count(logs.total, by), labels),
        RecordingRule(names.LOG_BAD_EVENTS, _count(logs.bad, by), labels),
    )
    return RuleGroup(f"{GROUP}{service.service}/{slo.name}", INTERVAL, rules)


def _count(query: str, by: Grouping) -> str:
    """The lines of a minute, 0 where there are none; without those that the query's parsers can't read, for one of
    which Loki would refuse the whole count."""
    lines = by.sum(f'count_over_time(\n{query}\n| __error__=""\n[{INTERVAL}] offset {LATENESS})')
    return lines if by.labels else f"{lines}\nor vector(0)"
