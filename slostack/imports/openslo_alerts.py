"""OpenSLO's alert policies and conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slostack.imports.fields import Fields
from slostack.imports.labels import severity
from slostack.imports.mistakes import Mistakes
from slostack.imports.openslo_objects import Objects, leave_description, leave_metadata
from slostack.imports.openslo_window import read_duration
from slostack.spec.quantities import Duration

RECEIVERS = "receivers belong to an environment: stacks/Pulumi.<env>.yaml"
_POLICY = "burn rates and windows are those of this project's policy (`slostack docs alerting`)"
_NO_POLICY = (
    "none: this project's policy alerts (pages critical, tickets medium); "
    "write `alerting: {page: none, ticket: none}` for no alerts"
)
_LONGEST_OF_PAGES = Duration(6 * 3600)
"""Conditions that look back longer find slow burns, which are tickets."""
_KINDS = {
    "page": f"no condition looks back {_LONGEST_OF_PAGES} or less, as pages do: no page alerts",
    "ticket": f"no condition looks back longer than {_LONGEST_OF_PAGES}, as tickets do: no ticket alerts",
}
"""The kinds of alerts, and what is said where no condition asks for one."""


def read_alerting(spec: Fields, objects: Objects) -> dict[str, Any]:
    """The `alerting` of an SLO; raises SpecError."""
    policies = spec.items("alertPolicies")
    if not policies:
        spec.assume("alertPolicies", _NO_POLICY)
        return {}
    mistakes = Mistakes()
    alerting: dict[str, Any] = {}
    asked: set[str] = set()
    for each in policies:
        with mistakes:
            spec_of_policy = _spec_of("AlertPolicy", each, "alertPolicyRef", objects, mistakes)
            asked |= _policy(spec_of_policy, objects, alerting)
    mistakes.check()
    for kind, why in _KINDS.items():
        if kind not in asked:
            alerting[kind] = "none"
            if asked:
                spec.assume("alertPolicies", why)
    return alerting


def _spec_of(kind: str, each: Fields, key: str, objects: Objects, mistakes: Mistakes) -> Fields:
    """The spec of a policy or a condition that stands in a list, or that an item of it refers to."""
    found = objects.inline_or_named(kind, each, key, mistakes)
    with mistakes:
        leave_metadata(found)
    spec = found.required_fields("spec")
    for read in (each, found):
        read.document.complete.add(read.path)
    return spec


def _policy(spec: Fields, objects: Objects, alerting: dict[str, Any]) -> set[str]:
    """Adds what a policy asks for to an SLO's `alerting`; which kinds of alerts on a breach it asks for."""
    mistakes = Mistakes()
    leave_description(spec)
    spec.leave("notificationTargets", why=RECEIVERS)
    with mistakes:
        if spec.boolean("alertWhenResolved") is False:
            spec.leave("alertWhenResolved", why="receivers are told when an alert has ended")
    with mistakes:
        breaching = spec.boolean("alertWhenBreaching")
    with mistakes:
        no_data = spec.boolean("alertWhenNoData")
    conditions: list[_Condition] = []
    with mistakes:
        if not spec.items("conditions"):
            raise spec.missing("conditions", "one condition")
        for each in spec.items("conditions"):
            with mistakes:
                conditions.append(_condition(_spec_of("AlertCondition", each, "conditionRef", objects, mistakes)))
    mistakes.check(spec)
    for condition in conditions:
        kind, found = condition.kind, condition.severity
        if no_data:
            alerting["absence"] = {"for": "10m", "severity": found or "high"}
        if found and breaching is not False:
            if alerting.get(kind, found) != found:
                why = f"{kind}s have one severity: {alerting[kind]}, of another condition"
                condition.spec.leave("severity", why=why)
            alerting.setdefault(kind, found)
        elif found and not no_data:
            condition.spec.leave("severity", why="its policy alerts on nothing")
    return {condition.kind for condition in conditions} if breaching is not False else set()


@dataclass(frozen=True)
class _Condition:
    """Whether a condition pages or files a ticket, and its severity where that word is known."""

    spec: Fields
    kind: str
    severity: str | None


def _condition(spec: Fields) -> _Condition:
    mistakes = Mistakes()
    leave_description(spec)
    with mistakes:
        word = spec.text("severity", "a severity such as page or ticket")
    with mistakes:
        looks_back = _lookback(spec.required_fields("condition"))
    mistakes.check(spec)
    found = severity(word)
    if found is None:
        spec.leave("severity", why=f"{word!r} is no severity here: critical, high, medium or low")
    return _Condition(spec, "page" if looks_back <= _LONGEST_OF_PAGES else "ticket", found)


def _lookback(condition: Fields) -> Duration:
    """How far a condition looks back; the rest of it is left out."""
    mistakes = Mistakes()
    with mistakes:
        kind = condition.optional_text("kind")
        if kind not in (None, "burnrate", "Burnrate"):
            raise condition.error("kind", f"{kind!r}, expected burnrate")
    with mistakes:
        looks_back = read_duration(condition, "lookbackWindow")
    condition.leave("op", "threshold", "lookbackWindow", "alertAfter", why=_POLICY)
    mistakes.check(condition)
    return looks_back
