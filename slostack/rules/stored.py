"""An alert on what isn't there asks whether its Prometheus stores anything: with a full disk that sees nothing at all.
Else it would tell that all is gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slostack import names
from slostack.rules.model import AlertingRule, RecordingRule


def while_stored(expr: str, recorded: str) -> str:
    """An expression that gives nothing while nothing is stored, told by what is recorded at every evaluation."""
    return f"(\n{expr}\n)\nand on () {recorded}"


def stored(service: str) -> str:
    """What tells that of a service's threshold alerts."""
    return f'{names.STORED}{{{names.SERVICE}="{service}"}}'


def stored_rules(alerts: Iterable[AlertingRule]) -> Iterator[RecordingRule]:
    """What is recorded for threshold alerts, before them."""
    if any(names.STORED in alert.expr for alert in alerts):
        yield RecordingRule(names.STORED, "vector(1)")
