"""While an alert fires that tells the cause its symptoms don't begin, nor as long after as they see what it did.

Alertmanager could keep them quiet, too, but it would keep quiet the end of those that were told before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import promql_parser as promql

from slostack import names
from slostack.rules.logs import AGE, DELIVERY
from slostack.rules.stored import stored, while_stored
from slostack.spec.alert import Alert
from slostack.spec.quantities import Duration, Matcher, Selector
from slostack.spec.service import Service
from slostack.spec.syntax import may_ask_absence, needs_series, parse_promql, vector_selectors

_MARGIN = 60
"""Seconds in which the end of a cause, and of what it did, are scraped and evaluated."""
_STARTS = 60
"""Seconds in which what comes back may still fail."""
_LONGEST = 2 * 3600
"""Seconds; a longer range compares with the past, or looks for the last value of what is seldom measured."""
_RECORDED_OVER = re.compile(r":(?:rate|count)(\d\w*)$")
_INSTANCE = "instance"
_OF_ALERTS = ("alertname", "alertstate")


def causes_first(alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """Alerts in an order in which each sees whether its causes fire at the same evaluation; else as they were."""
    by_name = {alert.name: alert for alert in alerts}
    placed: dict[str, None] = {}

    def place(alert: Alert, below: frozenset[str]) -> None:
        for cause in alert.silenced_by:
            if cause in by_name and cause not in below:
                place(by_name[cause], below | {cause})
        placed.setdefault(alert.name)

    for alert in alerts:
        place(alert, frozenset({alert.name}))
    return tuple(by_name[name] for name in placed)


def symptom(service: Service, alert: Alert, labels: Iterable[str]) -> str:
    """When a threshold alert fires, whose rule adds some `labels`: as its expression says, but it doesn't begin while a
    cause fires, nor within the time after that it looks back over."""
    expr = str(alert.expr)
    return begins(
        Symptom(
            expr=while_stored(expr, stored(service.service)) if may_ask_absence(parse_promql(expr)) else expr,
            fires=str(_alerts(service, [alert.name], "firing")),
            labels=alert.expr.labels.only,
            each=expr,
            added=tuple(labels),
            alert=alert,
            sees=_sees(service, alert) if alert.silenced_by else 0,
            waits=_waits(alert),
        ),
        service,
        alert.silenced_by,
    )


@dataclass(frozen=True)
class Again:
    """What tells, by the last seconds alone, that it isn't its cause's doing."""

    expr: str
    sees: int


@dataclass(frozen=True)
class Symptom:
    """What doesn't begin while a cause fires.

    `fires` is a selector of itself as it fires, of which its rule has `added` labels. Its expression has the `labels`,
    or (None) those that its series have; `each` has a series for each label set of it. It `sees` some seconds of the
    past, or (None) is told at once after its cause, and `waits` those of its `for`.
    """

    expr: str
    fires: str
    labels: frozenset[str] | None
    each: str
    added: tuple[str, ...] = ()
    alert: Alert | None = None
    sees: int | None = None
    again: Again | None = None
    waits: int = 0


def begins(of: Symptom, service: Service, causes: Sequence[str]) -> str:
    """An alert's expression such that it doesn't begin while one of its causes fires that has the same values of the
    labels that both are grouped by.

    Nor does it in the time after that it sees of the past, and that neither its own `for` nor the cause's
    `keep_firing_for` has spent, unless it is there again; where it has no `for`, nor while a cause is pending, which it
    asks itself where it can: that may be evaluated later. While a label set of it fires, that goes on as its expression
    says, and its end is told.
    """
    alike: dict[frozenset[str], list[str]] = {}
    for name in causes:
        alike.setdefault(_in_common(service, name, of), []).append(name)
    if not alike:
        return of.expr
    silent = "\nor\n".join(_silent(of, service, on, named) for on, named in alike.items())
    return f"(\n{of.expr}\n)\nunless {_on(of.labels)}(\n{silent}\n)"


def _silent(of: Symptom, service: Service, on: frozenset[str], causes: Sequence[str]) -> str:
    """The label sets of a symptom that don't begin for causes that are matched by some labels."""
    told = _told(of, service, causes, of.sees)
    itself = _on(of.labels) or f"ignoring ({', '.join((*_OF_ALERTS, *of.added))}) "
    if on == of.labels:
        silent = f"({told})\nunless {itself}{of.fires}"
    else:
        silent = f"(\n{of.each}\n)\nunless {itself}{of.fires}\nand {_on(on)}(\n{told}\n)"
    if of.again:
        still = _told(of, service, causes, of.again.sees + _STARTS)
        silent += f"\nunless {itself}(\n{of.again.expr}\nunless {_on(on)}(\n{still}\n)\n)"
    return silent


def _told(of: Symptom, service: Service, causes: Sequence[str], sees: int | None) -> str:
    """What tells of causes that fire, or did within the seconds that the symptom still sees of them."""
    known = {each.name: each for each in service.alerts}
    waiting = [known[name] for name in causes if name in known and _waits(known[name])] if not of.waits else []
    asked = [each for each in waiting if needs_series(parse_promql(each.expr))]
    pending = [each.name for each in waiting if each not in asked]
    lately: dict[int, list[str]] = {}
    for name in causes:
        kept = known[name].keep_firing_for if name in known else None
        spent = of.waits + (kept.seconds if kept else 0)
        lately.setdefault(0 if sees is None else max(0, sees + _MARGIN - spent), []).append(name)
    firing = [
        f"last_over_time({each}[{Duration(after)}])" if after else each
        for after, named in lately.items()
        for each in _selectors(service, named, "firing")
    ]
    return "\nor ".join([*firing, *_selectors(service, pending, "pending"), *(f"({each.expr})" for each in asked)])


def _in_common(service: Service, cause: str, of: Symptom) -> frozenset[str]:
    """The labels by which a cause and a symptom tell what they are about: those that both are aggregated by, and of
    alerts on the same job the instance."""
    common = _groups(service, cause) & (of.labels or frozenset())
    alert = next((each for each in service.alerts if each.name == cause), None)
    return common | {_INSTANCE} if alert and of.alert and _are_of_instances(alert, of.alert) else common


def _groups(service: Service, cause: str) -> frozenset[str]:
    """The labels that a cause is aggregated by, if it is."""
    name, _, slo = cause.partition(" ")
    of_slos = (each.group_by for each in service.slos if each.name == slo)
    of_alerts = (each.expr.labels.only for each in service.alerts if each.name == name)
    return frozenset(next(of_slos if slo else of_alerts, None) or ())


def _on(labels: frozenset[str] | None) -> str:
    """Matches by some labels, or (None) by all of them."""
    return "" if labels is None else f"on ({', '.join(sorted(labels))}) "


def _sees(service: Service, alert: Alert) -> int:
    """Seconds of the past that an alert's expression sees."""
    seen = [*_ranges(alert.expr), *_counted_over(service, alert.expr)]
    return max((seconds for seconds in seen if seconds <= _LONGEST), default=0)


def _ranges(expr: str) -> list[int]:
    """Seconds of the ranges up to now in an expression, and of those over which what it reads was recorded; but for
    those in which it looks for resets alone."""
    found: list[int] = []
    of_resets = 0

    def visit(node: promql.Expr) -> bool:
        nonlocal of_resets
        if isinstance(node, promql.Call):
            of_resets += node.func.name == "resets"
        elif not of_resets:
            if isinstance(node, promql.MatrixSelector) and node.range and not node.vector_selector.offset:
                found.append(round(node.range.total_seconds()))
            if isinstance(node, promql.SubqueryExpr) and node.range and not node.offset:
                found.append(round(node.range.total_seconds()))
            if isinstance(node, promql.VectorSelector) and (over := _RECORDED_OVER.search(node.name or "")):
                found.append(Duration.parse(over[1]).seconds)
        return True

    def leave(node: promql.Expr) -> bool:
        nonlocal of_resets
        if isinstance(node, promql.Call):
            of_resets -= node.func.name == "resets"
        return True

    promql.walk(parse_promql(expr), visit, leave)
    return found


def _counted_over(service: Service, expr: str) -> Iterator[int]:
    """Seconds of the ranges of the log's counts that an expression reads, and until these have come."""
    asked = {matcher.value for each in _read(expr) for matcher in each.matchers if matcher.label == names.COUNT}
    for count in service.log_counts:
        if count.name in asked:
            yield count.window.seconds + AGE.seconds + DELIVERY.seconds


def _waits(alert: Alert) -> int:
    return alert.for_.seconds if alert.for_ else 0


def _are_of_instances(*alerts: Alert) -> bool:
    """Whether alerts are each on one instance, and on those of the same job."""
    jobs = [{m.value for each in _read(alert.expr) for m in each.matchers if m.label == "job"} for alert in alerts]
    return not any(alert.expr.loses(_INSTANCE) for alert in alerts) and len(set(map(frozenset, jobs))) == 1


def _read(expr: str) -> Iterator[Selector]:
    yield from filter(None, map(Selector.of, vector_selectors(parse_promql(expr))))


def _selectors(service: Service, causes: Sequence[str], state: str) -> Iterator[str]:
    """What tells that some alerts, or the pages of some SLOs, are in a state."""
    slos = [slo for name, _, slo in (cause.partition(" ") for cause in causes) if slo]
    alerts = [cause for cause in causes if " " not in cause]
    if alerts:
        yield str(_alerts(service, alerts, state))
    if slos:
        pages = (Matcher(names.SLO, *_one_of(slos)), Matcher(names.TIER, "=~", "page-.+"))
        yield str(_alerts(service, [names.BURN_ALERT], state).where(*pages))


def _alerts(service: Service, alerts: Sequence[str], state: str) -> Selector:
    matchers = (
        Matcher("alertname", *_one_of(alerts)),
        Matcher("alertstate", "=", state),
        Matcher(names.SERVICE, "=", service.service),
    )
    return Selector("ALERTS", matchers)


def _one_of(values: Sequence[str]) -> tuple[str, str]:
    return ("=", values[0]) if len(values) == 1 else ("=~", "|".join(values))
