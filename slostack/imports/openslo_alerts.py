"""OpenSLO's alert policies and conditions."""

from __future__ import annotations

from typing import Any

from slostack.imports.fields import Fields
from slostack.imports.labels import severity
from slostack.imports.openslo_objects import Objects, leave_description, leave_metadata
from slostack.imports.openslo_window import read_duration
from slostack.spec.quantities import Duration

RECEIVERS = "receivers belong to an environment: stacks/Pulumi.<env>.yaml"
_POLICY = "burn rates and windows are those of this project's policy (docs/alerting.md)"
_NO_POLICY = (
    "none: this project's policy alerts (pages critical, tickets medium); "
    "write `alerting: {page: none, ticket: none}` for no alerts"
)
_LONGEST_OF_PAGES = Duration(6 * 3600)
"""Conditions that look back longer find slow burns, which are tickets."""


def read_alerting(spec: Fields, objects: Objects) -> dict[str, Any]:
    """The `alerting` of an SLO; raises SpecError."""
    policies = spec.items("alertPolicies")
    if not policies:
        spec.assume("alertPolicies", _NO_POLICY)
        return {}
    alerting: dict[str, Any] = {}
    breaching: list[bool] = []
    for each in policies:
        policy = objects.inline_or_named("AlertPolicy", each, "alertPolicyRef")
        leave_metadata(policy)
        breaching.append(_policy(policy.required_fields("spec"), objects, alerting))
    if not any(breaching):
        alerting |= {"page": "none", "ticket": "none"}
    return alerting


def _policy(spec: Fields, objects: Objects, alerting: dict[str, Any]) -> bool:
    """Adds what a policy asks for to an SLO's `alerting`; whether it alerts on a breach at all."""
    leave_description(spec)
    spec.leave("notificationTargets", why=RECEIVERS)
    if spec.boolean("alertWhenResolved") is False:
        spec.leave("alertWhenResolved", why="receivers are told when an alert has ended")
    breaching, no_data = spec.boolean("alertWhenBreaching"), spec.boolean("alertWhenNoData")
    conditions = spec.items("conditions")
    if not conditions:
        raise spec.missing("conditions", "one condition")
    for each in conditions:
        condition = objects.inline_or_named("AlertCondition", each, "conditionRef")
        leave_metadata(condition)
        of_condition = condition.required_fields("spec")
        kind, found = _condition(of_condition)
        if no_data:
            alerting["absence"] = {"for": "10m", "severity": found or "high"}
        if found and breaching is not False:
            if alerting.get(kind, found) != found:
                of_condition.leave("severity", why=f"{kind}s have one severity: {alerting[kind]}, of another condition")
            alerting.setdefault(kind, found)
        elif found and not no_data:
            of_condition.leave("severity", why="its policy alerts on nothing")
    return breaching is not False


def _condition(spec: Fields) -> tuple[str, str | None]:
    """Whether a condition pages or files a ticket, and its severity where that word is known."""
    leave_description(spec)
    word = spec.text("severity", "a severity such as page or ticket")
    condition = spec.required_fields("condition")
    kind = condition.optional_text("kind")
    if kind not in (None, "burnrate", "Burnrate"):
        raise condition.error("kind", f"{kind!r}, expected burnrate")
    looks_back = read_duration(condition, "lookbackWindow")
    condition.leave("op", "threshold", "lookbackWindow", "alertAfter", why=_POLICY)
    found = severity(word)
    if found is None:
        spec.leave("severity", why=f"{word!r} is no severity here: critical, high, medium or low")
    return ("page" if looks_back <= _LONGEST_OF_PAGES else "ticket"), found
