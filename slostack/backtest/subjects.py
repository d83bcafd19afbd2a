"""Which SLOs are replayed: each as it is in the working tree and as it was at a revision."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from slostack import names
from slostack.errors import SlostackError
from slostack.review.changes import pairs
from slostack.review.slos import renamed_slos, with_names
from slostack.rules.model import RecordingRule, Rule
from slostack.rules.service import slo_groups
from slostack.spec import Duration, Service, Slo

_OF_THE_SLI = {
    names.UP,
    names.MAINTENANCE,
    names.SLICE_VALUE,
    names.OUTAGE_EVENTS,
    names.GOOD_EVENTS,
    names.BAD_EVENTS,
    names.EVENTS,
    names.event_rate(Duration(300)),
    names.error_ratio(Duration(300)),
}
"""Records that tell one SLI from another: as long as their expressions stay, what was recorded holds."""


@dataclass(frozen=True)
class Version:
    """An SLO as one side of the edit has it."""

    service: Service
    slo: Slo

    @cached_property
    def sli(self) -> str:
        """Tells its SLI from any other: the same for two versions that record the same series."""
        recorded = {rule.record: rule.expr for rule in self._rules if isinstance(rule, RecordingRule)}
        text = "\0".join(f"{name}\0{recorded[name]}" for name in sorted(_OF_THE_SLI & {*recorded}))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def does_as(self, other: Version) -> bool:
        """Whether both record and alert alike; what alerts tell people may differ."""
        if self.slo == other.slo and self.service.scrape == other.service.scrape:
            return True
        return [_acts(rule) for rule in self._rules] == [_acts(rule) for rule in other._rules]

    @cached_property
    def _rules(self) -> tuple[Rule, ...]:
        return tuple(rule for group in slo_groups(self.service, self.slo) for rule in group.rules)


def _acts(rule: Rule) -> tuple[object, ...]:
    if isinstance(rule, RecordingRule):
        return rule.record, rule.expr
    return rule.alert, rule.expr, rule.for_, rule.labels[names.SEVERITY], rule.labels.get(names.TIER)


@dataclass(frozen=True)
class Subject:
    """One SLO before and after the edit; None where it isn't there. A renamed one is called by its new
    name; both versions have the old one, under which series were recorded."""

    service: str
    slo: str
    before: Version | None
    after: Version | None

    @property
    def is_changed(self) -> bool:
        """Whether the edit changes what it does."""
        if self.before is None or self.after is None:
            return True
        return not self.before.does_as(self.after)

    @property
    def versions(self) -> tuple[Version, ...]:
        """Both, or the one there is; one where the edit changes nothing."""
        found = (self.before, self.after) if self.is_changed else (self.after,)
        return tuple(version for version in found if version)


def subjects(old: Mapping[str, Service], new: Mapping[str, Service]) -> tuple[Subject, ...]:
    """Every SLO of two sets of services by name."""
    return tuple(subject for name, before, after in pairs(old, new) for subject in _of_service(name, before, after))


def chosen(every: Iterable[Subject], wanted: Iterable[str]) -> tuple[Subject, ...]:
    """The SLOs of these names (`service` or `service/slo`); raises SlostackError where there is none of a name."""
    every, found = tuple(every), []
    for name in wanted:
        service, _, slo = name.partition("/")
        matching = [each for each in every if each.service == service and slo in ("", each.slo)]
        if not matching:
            raise SlostackError(
                f"no SLO {name!r}, expected a service or service/slo of slos/ such as {_example(every)}"
            )
        found += matching
    return tuple(each for index, each in enumerate(found) if each not in found[:index])


def _example(every: tuple[Subject, ...]) -> str:
    return f"{every[0].service}/{every[0].slo}" if every else "(none)"


def _of_service(name: str, before: Service | None, after: Service | None) -> Iterable[Subject]:
    renamed = renamed_slos(before, after)
    recorded = with_names(after, {now: was for was, now in renamed.items()}) if after else None
    sides = [{slo.name: Version(side, slo) for slo in side.slos} if side else {} for side in (before, recorded)]
    for slo, old, new in pairs(*sides):
        yield Subject(name, renamed.get(slo, slo), old, new)
