"""The alerts of pyrra's ServiceLevelObjective."""

from __future__ import annotations

from typing import Any

from slostack.imports.fields import Fields
from slostack.imports.labels import severity
from slostack.imports.mistakes import Mistakes
from slostack.spec.quantities import Duration

_NAMED = "alerts are named ErrorBudgetBurn and SLIAbsent; a route or a silence that matches the name has to be changed"
_OFF = "of an alert that is switched off"
_TIERS = {"page": ("fastBurn", "mediumBurn"), "ticket": ("slowBurn", "longTermBurn")}


def read_alerting(spec: Fields) -> tuple[dict[str, Any], str | None]:
    """The `alerting` of an SLO file but for `absence`, and the severity of that; None where nothing alerts on it."""
    alerting = spec.fields("alerting")
    if alerting is None:
        return {}, "critical"
    mistakes = Mistakes()
    alerting.leave("name", "absentName", why=_NAMED)
    with mistakes:
        absent = alerting.boolean("absent")
    with mistakes:
        disabled = alerting.boolean("disabled")
    with mistakes:
        burnrates = alerting.boolean("burnrates")
    with mistakes:
        severities = alerting.fields("severities")
        found = _severities(severities) if severities else {}
    mistakes.check(alerting)
    if severities and absent is False:
        severities.leave("absent", why=_OFF)
    of_absent = (found.get("absent") or "critical") if absent is not False else None
    if disabled or burnrates is False:
        if severities:
            severities.leave(*_TIERS["page"], *_TIERS["ticket"], why=_OFF)
        return {"page": "none", "ticket": "none"}, of_absent
    said: dict[str, Any] = {}
    for kind, (fast, slow) in _TIERS.items():
        first, second = found.get(fast), found.get(slow)
        if severities and first and second and first != second:
            severities.leave(slow, why=f"{kind}s have one severity: {first}, as {fast} says")
        if first or second:
            said[kind] = first or second
    return said, of_absent


def _severities(severities: Fields) -> dict[str, str | None]:
    mistakes = Mistakes()
    found: dict[str, str | None] = {}
    for key in ("absent", *_TIERS["page"], *_TIERS["ticket"]):
        with mistakes:
            found[key] = _severity(severities, key)
    mistakes.check(severities)
    return found


def _severity(severities: Fields, key: str) -> str | None:
    word = severities.optional_text(key)
    if word is None:
        return None
    found = severity(word)
    if found is None:
        severities.leave(key, why=f"{word!r} is no severity here: critical, high, medium or low")
    return found


def absent_for(objective: float, window: Duration) -> Duration:
    """How long series are gone before pyrra says so: the time in which its fastest alert would notice a total outage
    (pyrra's AbsentDuration: 14 times the budget over the long window, and the alert's own wait)."""
    minutes = window.seconds / 60
    long, wait = round(minutes / (28 * 24)), round(minutes / (28 * 24 * 30))
    return Duration(max(round(14 * (100 - objective) / 100 * long + wait), 1) * 60)
