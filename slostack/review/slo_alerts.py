"""What changed in an SLO's own alerts: when each one fires, and its severity. Their texts follow from its fields."""

from __future__ import annotations

from collections.abc import Iterator

from slostack import names
from slostack.review.changes import Change, Detail, difference, pairs
from slostack.spec.policy import Tier
from slostack.spec.service import Service
from slostack.spec.slo import Slo


def burn_alert_changes(old: Service | None, new: Service | None) -> Iterator[Change]:
    """The changes of every tier of every SLO; when those of a new SLO fire follows from it."""
    before, after = ({slo.name: slo for slo in side.slos} if side else {} for side in (old, new))
    for name, was, now in pairs(before, after):
        for change in _tier_changes(was, now):
            yield Change(change.kind, change.name, change.details, f"{names.BURN_ALERT} {name}")


def _tier_changes(old: Slo | None, new: Slo | None) -> Iterator[Change]:
    before, after = ({tier.name: tier for tier in slo.tiers} if slo else {} for slo in (old, new))
    for name, was, now in pairs(before, after):
        if new and now and not was:
            limit = (Detail("fires above", after=_errors(new, now)),) if old else ()
            yield Change("added", name, (*limit, Detail("severity", after=new.alerting.severity(now))))
        elif not now:
            yield Change("removed", name)
        elif old and was and new and (details := _details(old, was, new, now)):
            yield Change("changed", name, details)


def _details(old: Slo, old_tier: Tier, new: Slo, new_tier: Tier) -> tuple[Detail, ...]:
    return (
        *difference("fires above", _errors(old, old_tier), _errors(new, new_tier)),
        *difference("over", _windows(old_tier), _windows(new_tier)),
        *difference("needs", _failures(old, old_tier), _failures(new, new_tier)),
        *difference("ends", _end(old, old_tier), _end(new, new_tier)),
        *difference("severity", old.alerting.severity(old_tier), new.alerting.severity(new_tier)),
    )


def other_alert_changes(old: Service | None, new: Service | None) -> Iterator[Change]:
    """The changes of the alerts on a spent budget and on absence."""
    before, after = ({slo.name: slo for slo in side.slos} if side else {} for side in (old, new))
    for name, slo, slo_now in pairs(before, after):
        for alert, was, now in pairs(_others(slo), _others(slo_now)):
            if now and was != now:
                details = (
                    *difference("fires", was[0] if was else None, now[0]),
                    *difference("severity", was[1] if was else None, now[1]),
                )
                yield Change("changed" if was else "added", f"{alert} {name}", details)
            elif not now:
                yield Change("removed", f"{alert} {name}")


def _others(slo: Slo | None) -> dict[str, tuple[str, str]]:
    """When each of the other alerts fires, and its severity."""
    spent, absence = (slo.alerting.spent, slo.alerting.absence) if slo else (None, None)
    alerts = {}
    if spent:
        alerts[names.SPENT_ALERT] = (f"when {spent.share:.12g} % of the budget are spent", str(spent.severity))
    if absence:
        alerts[names.ABSENCE_ALERT] = (f"after {absence.for_} without series", str(absence.severity))
    return alerts


def _failures(slo: Slo, tier: Tier) -> str | None:
    least = slo.least_failures_of(tier)
    return f"at least {least} bad events" if least > 1 else None


def _errors(slo: Slo, tier: Tier) -> str:
    return f"{100 * slo.threshold(tier):.3g} % errors"


def _windows(tier: Tier) -> str:
    return " and ".join(dict.fromkeys((str(tier.long), str(tier.short))))


def _end(slo: Slo, tier: Tier) -> str:
    end = slo.policy.end
    return f"once the burn is at most {end.burn:g}" if end and tier in slo.pages else "with its windows"
