"""May a service be released? By what pages now, what is left of its error budgets, and the policy in its SLO file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from slostack import names
from slostack.errors import SlostackError
from slostack.instant_query import Sample, instant_query
from slostack.spec import Matcher, Selector, Service, Slo
from slostack.spec.policy import is_page

Answer = Literal["go", "warn", "freeze"]
_ALERTS = "ALERTS"
"""Prometheus' own series of active alerts."""
_READ = f"{names.BUDGET_REMAINING}|{names.UP}|{_ALERTS}"


class UnknownBudgetError(SlostackError):
    """What is left of a budget isn't known: nobody answers, or nothing is recorded of an SLO."""

    exit_code = 5


@dataclass(frozen=True)
class Judged:
    """An SLO's answer: by the share of its budget that is left (1 is all, below 0 is overspent), of a grouped one the
    least, with the group's labels; and by the limit in percent under which it is."""

    slo: str
    left: float
    answer: Answer
    limit: float | None = None
    group: tuple[str, ...] = ()

    def __str__(self) -> str:
        name = f"{self.slo} ({', '.join(self.group)})" if self.group else self.slo
        limit = "" if self.limit is None else f", less than {self.limit:g} %"
        return f"{name} has {math.floor(self.left * 1000) / 10:g} % of its budget left{limit}"


@dataclass(frozen=True)
class Trouble:
    """What is wrong just now: that nothing answers, or an alert that pages, by its name and its SLO's."""

    what: str
    answer: Answer

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class Verdict:
    """What the policy says of a release of a service."""

    service: str
    answer: Answer
    because: tuple[Trouble | Judged, ...]
    """What is wrong, then the SLOs that say so, the least left first; of a go the SLO with the least left."""
    unknown: tuple[str, ...] = ()
    """SLOs of which nothing is known, beside others that freeze."""

    def __str__(self) -> str:
        lacking = f"; nothing is known of {', '.join(self.unknown)}" if self.unknown else ""
        return f"{self.service}: {self.answer}: {'; '.join(map(str, self.because))}{lacking}"


def gate(
    service: Service, prometheus: str, token: str | None = None, only: Mapping[str, str] = MappingProxyType({})
) -> Verdict:
    """What the service's policy says by what a Prometheus has recorded, of series with the labels of `only`.

    Raises UnknownBudgetError where it doesn't answer as a whole, or where nothing forbids a release but an SLO of which
    nothing is recorded.
    """
    try:
        matchers = (Matcher("__name__", "=~", _READ), Matcher(names.SERVICE, "=", service.service))
        places = (Matcher(label, "=", value) for label, value in only.items())
        samples = instant_query(prometheus, str(Selector("", (*matchers, *places))), token)
    except SlostackError as error:
        raise UnknownBudgetError(f"{service.service}: no budget is known: {error}") from None
    found = verdict(service, samples)
    if found.unknown and found.answer != "freeze":
        slos = ", ".join(found.unknown)
        expected = f"{names.BUDGET_REMAINING} of each SLO"
        raise UnknownBudgetError(
            f"{service.service}: no budget is known of {slos}: {prometheus} has nothing recorded, expected {expected}"
        )
    return found


def verdict(service: Service, samples: Iterable[Sample]) -> Verdict:
    """What the policy says by the samples of slo:error_budget_remaining:ratio, slo:up:bool and ALERTS; the most
    forbidding decides."""
    samples = tuple(samples)
    least: dict[str, Sample] = {}
    for sample in samples:
        slo = sample.labels.get(names.SLO, "")
        if _is(sample, names.BUDGET_REMAINING) and (slo not in least or sample.value < least[slo].value):
            least[slo] = sample
    judged = [_judged(service, slo, least[slo.name]) for slo in service.slos if slo.name in least]
    judged.sort(key=lambda one: one.left)
    found: tuple[Trouble | Judged, ...] = (*dict.fromkeys(_troubles(service, samples)), *judged)
    unknown = tuple(slo.name for slo in service.slos if slo.name not in least)
    for answer in ("freeze", "warn"):
        if because := tuple(one for one in found if one.answer == answer):
            return Verdict(service.service, because[0].answer, because, unknown)
    return Verdict(service.service, "go", tuple(judged[:1]), unknown)


def _is(sample: Sample, series: str) -> bool:
    return sample.labels["__name__"] == series and math.isfinite(sample.value)


def _troubles(service: Service, samples: Iterable[Sample]) -> Iterator[Trouble]:
    """What is wrong; where the policy never freezes it is warned of, where it never warns it is nothing."""
    slos = {slo.name: slo for slo in service.slos}
    for sample in samples:
        slo = slos.get(sample.labels.get(names.SLO, ""))
        policy = service.error_budget_policy_of(slo) if slo else service.error_budget_policy
        answer: Answer = "go" if policy.warn_below is None else "warn"
        answer = answer if policy.freeze_below is None else "freeze"
        if _is(sample, names.UP) and sample.value == 0:
            yield Trouble("nothing answers", answer)
        elif _is(sample, _ALERTS) and _pages(sample.labels):
            of = f" {slo.name}" if slo else ""
            yield Trouble(f"{sample.labels['alertname']}{of} fires", answer)


def _pages(labels: Mapping[str, str]) -> bool:
    """Whether it is a page that fires, and not what escalates another."""
    page = is_page(labels.get(names.TIER, ""), labels.get(names.SEVERITY, ""))
    return page and labels["alertstate"] == "firing" and not labels.get(names.ESCALATION)


def _judged(service: Service, slo: Slo, sample: Sample) -> Judged:
    policy = service.error_budget_policy_of(slo)
    group = tuple(f"{label}={sample.labels.get(label, '')}" for label in slo.group_by)
    limits: tuple[tuple[Answer, float | None], ...] = (("freeze", policy.freeze_below), ("warn", policy.warn_below))
    for answer, limit in limits:
        if limit is not None and sample.value * 100 < limit:
            return Judged(slo.name, sample.value, answer, limit, group)
    return Judged(slo.name, sample.value, "go", None, group)
