"""What changed in a project's burn-rate policies, tier by tier, and the SLOs that it reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from slostack.review.changes import Change, Detail, Kind, Part, difference, pairs, part
from slostack.spec.policy import Policies, Policy, Tier
from slostack.spec.policy_files import POLICY_FOLDER
from slostack.spec.service import Service


def policy_parts(old: Policies, new: Policies, before: Iterable[Service], after: Iterable[Service]) -> Iterator[Part]:
    """The changes of each policy; those that ship with slostack are the same on both sides."""
    users, users_now = _users(before), _users(after)
    for name, was, now in pairs(old, new):
        if was != now:
            kind: Kind = "changed" if was and now else "removed" if was else "added"
            used = (users_now if now else users).get(name, ())
            sections = {"Policy": _own_changes(name, kind, was, now, used), "Tiers": _tier_changes(was, now)}
            yield from part(f"{POLICY_FOLDER}/{name}.yaml", kind, sections)


def _users(services: Iterable[Service]) -> Mapping[str, list[str]]:
    """By the name of a policy, the SLOs that are alerted by it: `api/latency`."""
    found: dict[str, list[str]] = {}
    for service in services:
        for slo in service.slos:
            found.setdefault(slo.policy.name, []).append(f"{service.service}/{slo.name}")
    return found


def _own_changes(
    name: str, kind: Kind, old: Policy | None, new: Policy | None, used: Iterable[str]
) -> Iterator[Change]:
    before, after = (_settings(side) for side in (old, new))
    details = [detail for key, was, now in pairs(before, after) for detail in difference(key, was, now)]
    yield Change(kind, name, (*details, Detail("alerts", after=", ".join(used) or "no SLO")))


def _settings(policy: Policy | None) -> dict[str, str]:
    """What a policy says beside its tiers, in words."""
    if not policy:
        return {}
    ends = "each with its own windows"
    if end := policy.end:
        ends = f"all at once, at a burn of at most {end.burn:g} over {' or '.join(map(str, end.windows))} "
        ends += f"if {end.expected_failures:g} failures would be expected there"
    return {"description": policy.description, "for an SLO over": str(policy.period), "pages end": ends}


def _tier_changes(old: Policy | None, new: Policy | None) -> Iterator[Change]:
    before, after = (
        {tier.name: _in_words(tier, policy) for tier in policy.tiers} if policy else {} for policy in (old, new)
    )
    for name, was, now in pairs(before, after):
        if was != now:
            details = tuple(
                detail for key, *both in pairs(was or {}, now or {}) for detail in difference(key, both[0], both[1])
            )
            yield Change("changed" if was and now else "removed" if was else "added", name, details if now else ())


def _in_words(tier: Tier, policy: Policy) -> dict[str, str]:
    """When a tier fires."""
    spent = tier.burn * tier.long.seconds / policy.period.seconds
    words = {
        "fires while the budget burns": f"{tier.burn:g} times too fast",
        "over": " and ".join(dict.fromkeys((str(tier.long), str(tier.short)))),
        "when an even burn has spent": f"{100 * spent:.3g} % of the budget",
    }
    return {**words, "left out": "where it can't be reached"} if tier.optional else words
