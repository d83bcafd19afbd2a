"""What a service's signals watch, recorded for the dashboards of all services that use one."""

from __future__ import annotations

from collections.abc import Iterator

from slostack import names
from slostack.rules.model import RecordingRule, RuleGroup
from slostack.spec.quantities import Matcher, Selector
from slostack.spec.service import Service
from slostack.spec.signal_alerts import LibraryAlert
from slostack.spec.watched import nearness, watched

_NO_NAN = "> -Inf"
"""Drops what is no number, such as a quantile of nothing."""


def signal_groups(service: Service) -> tuple[RuleGroup, ...]:
    """Value and nearness of each alert that is on its signal's page; nothing where none is."""
    shown = [alert for alert in service.alerts if isinstance(alert, LibraryAlert) and alert.page]
    if not shown:
        return ()
    rules = tuple(rule for alert in shown for rule in _recorded(service, alert))
    labels = {names.SERVICE: service.service}
    return (RuleGroup(f"signals/{service.service}", names.EVALUATION_INTERVAL, rules, labels),)


def _recorded(service: Service, alert: LibraryAlert) -> Iterator[RecordingRule]:
    prefix = {names.PREFIX: alert.prefix} if alert.prefix else {}
    labels = {names.SIGNAL: alert.signal, names.ALERT: alert.in_library, **prefix}
    yield RecordingRule(names.SIGNAL_VALUE, f"{watched(alert.expr)[0].expr} {_NO_NAN}", labels)
    identity = {names.SERVICE: service.service, **labels, names.PREFIX: alert.prefix}
    value = Selector(names.SIGNAL_VALUE, tuple(Matcher(label, "=", text) for label, text in identity.items()))
    if near := nearness(alert.expr, str(value)):
        yield RecordingRule(names.SIGNAL_NEARNESS, near, labels)
