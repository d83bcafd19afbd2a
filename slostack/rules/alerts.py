"""The alerts of an SLO: one per tier of its policy, and those on a spent budget and on absence that it may ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slostack import names
from slostack.figures import DURATION, PERCENTAGE
from slostack.rules.causes import Again, Symptom, begins
from slostack.rules.grouping import Grouping
from slostack.rules.links import links
from slostack.rules.model import AlertingRule
from slostack.rules.page import firing_tiers, lasting_page, telling_windows
from slostack.rules.stored import while_stored
from slostack.spec.alerting import Absence, Spent
from slostack.spec.policy import Tier
from slostack.spec.quantities import Duration
from slostack.spec.service import Service
from slostack.spec.slo import Slo

_FIRST = "{{ . | first | value | %s }}"


def slo_alerts(service: Service, slo: Slo, by: Grouping) -> Iterator[AlertingRule]:
    """The alerts of every tier that the SLO asks for, the most urgent first, then its others."""
    for tier in slo.tiers:
        yield _burn_alert(service, slo, tier, by)
    if slo.alerting.spent:
        yield _spent_alert(service, slo, slo.alerting.spent)
    if slo.alerting.absence:
        yield _absence_alert(service, slo, slo.alerting.absence)


def _burn_alert(service: Service, slo: Slo, tier: Tier, by: Grouping) -> AlertingRule:
    identity = names.identity(service.service, slo.name)
    limits = [(names.burn_rate(window), tier.burn) for window in dict.fromkeys((tier.long, tier.short))]
    if (least := slo.least_failures_of(tier)) > 1:
        limits.append((names.failures(tier.long), least - 0.5))
    burns = "\nand\n".join(f"{name}{{{identity}}} > {limit:.12g}" for name, limit in limits)
    is_page = tier in slo.pages
    symptom = Symptom(
        burns,
        firing_tiers(tier.name, "=", identity),
        labels=frozenset(slo.group_by),
        each=f"{names.burn_rate(tier.short)}{{{identity}}}",
        sees=tier.short.seconds if is_page else None,
        again=_again(service, slo, tier) if is_page else None,
    )
    burns = begins(symptom, service, slo.alerting.silenced_by or ())
    expr = lasting_page(slo, tier, burns, by, identity) if slo.policy.end and is_page else burns
    severity = slo.alerting.severity(tier)
    assert severity is not None
    return AlertingRule(
        alert=names.BURN_ALERT,
        expr=_outside_maintenance(slo, expr, identity),
        labels=_labels(
            service,
            slo.labels_of(tier.kind),
            {names.SEVERITY: severity, names.TIER: tier.name, names.WINDOW: str(tier.long)},
        ),
        annotations=_annotations(
            service,
            slo,
            _group(slo),
            'the error budget burns {{ printf "%.1f" $value }} times too fast',
            f"Over the last {tier.long} {_ratio(service, slo, tier.long)} of all events were bad. "
            f"{_budget(service, slo, tier.long)}",
        ),
    )


def _again(service: Service, slo: Slo, tier: Tier) -> Again | None:
    """After a cause a page needn't wait until its short window has passed, where a shorter one, which holds no whole
    slice, can tell: by as many failures as it needs at all, of which the cause had others."""
    windows = telling_windows(slo, slo.policy.end, service.scrape_interval) if slo.policy.end else ()
    shortest = min(windows, default=tier.short)
    if shortest >= tier.short or slo.sli.slices:
        return None
    identity = names.identity(service.service, slo.name)
    expr = f"{names.burn_rate(shortest)}{{{identity}}} > {tier.burn:.12g}"
    if (least := slo.least_failures_of(tier)) > 1:
        failed = f"{names.error_ratio(shortest)}{{{identity}}} * {names.event_rate(shortest)}{{{identity}}}"
        expr += f"\nand\n{failed} * {shortest.seconds} > {least - 0.5:.12g}"
    return Again(expr, shortest.seconds)


def _spent_alert(service: Service, slo: Slo, spent: Spent) -> AlertingRule:
    identity = names.identity(service.service, slo.name)
    return AlertingRule(
        alert=names.SPENT_ALERT,
        expr=_outside_maintenance(
            slo, f"1 - {names.BUDGET_REMAINING}{{{identity}}} >= {spent.share / 100:.12g}", identity
        ),
        labels=_labels(service, slo.labels, {names.SEVERITY: spent.severity}),
        annotations=_annotations(
            service,
            slo,
            _group(slo),
            f"{{{{ $value | {PERCENTAGE} }}}} of the error budget are spent",
            f"It is to last for {slo.period}. {_budget(service, slo, Duration(3600))}",
            names.BUDGET_PANEL,
        ),
    )


def _absence_alert(service: Service, slo: Slo, absence: Absence) -> AlertingRule:
    identity = names.identity(service.service, slo.name)
    fires = f'ALERTS{{alertname="{names.ABSENCE_ALERT}",alertstate="firing",{identity}}}'
    absent = f"absent({names.event_rate(Duration(300))}{{{identity}}})"
    expr = while_stored(absent, f"{names.INFO}{{{identity}}}")
    symptom = Symptom(expr, fires, labels=frozenset(), each=absent, waits=absence.for_.seconds)
    expr = begins(symptom, service, slo.alerting.silenced_by or ())
    return AlertingRule(
        alert=names.ABSENCE_ALERT,
        expr=_outside_maintenance(slo, expr, identity),
        for_=absence.for_,
        labels=_labels(service, slo.labels, {names.SEVERITY: absence.severity}),
        annotations=_annotations(
            service,
            slo,
            "",
            "nothing is measured",
            f"The series that it is judged by have been gone for {absence.for_}; meanwhile no burn alert can fire.",
        ),
    )


def _outside_maintenance(slo: Slo, expr: str, identity: str) -> str:
    return f"(\n{expr}\n)\nunless on () {names.MAINTENANCE}{{{identity}}} == 1" if slo.maintenance else expr


def _labels(service: Service, asked: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    return {names.TEAM: service.team, **asked, **own}


def _group(slo: Slo) -> str:
    """Tells which label set fires."""
    group = ", ".join(f"{label} {{{{ $labels.{label} }}}}" for label in slo.group_by)
    return f" ({group})" if group else ""


def _annotations(
    service: Service, slo: Slo, group: str, summary: str, description: str, panel: str | None = None
) -> dict[str, str]:
    promise = f"{slo.description}: {slo.objective:g} % over {slo.period} is promised."
    return {
        "summary": f"{service.service} {slo.name}{group}: {summary}",
        "description": f"{promise} {description}",
        **links(service.service, slo.runbook, panel or names.burn_panel(slo.name)),
        **slo.annotations,
    }


def _ratio(service: Service, slo: Slo, window: Duration) -> str:
    query = _query(service, slo, names.error_ratio(window))
    return f"{{{{ with {query} }}}}{_FIRST % PERCENTAGE}{{{{ else }}}}too many{{{{ end }}}}"


def _budget(service: Service, slo: Slo, window: Duration) -> str:
    """What is left, and for how long (budget left x SLO window / burn rate over the alert's window)."""
    left = _query(service, slo, names.BUDGET_REMAINING)
    burning = (names.BUDGET_REMAINING, names.burn_rate(window))
    lasts = _query(service, slo, *burning, form=f"({{0}} > 0) * {slo.window.seconds} / ({{1}} > 0)")
    return (
        f"Budget left: {{{{ with {left} }}}}{_FIRST % PERCENTAGE}{{{{ else }}}}not known yet{{{{ end }}}}"
        f"{{{{ with {lasts} }}}}, gone in {_FIRST % DURATION} at this rate{{{{ end }}}}."
    )


def _query(service: Service, slo: Slo, *series: str, form: str = "{0}") -> str:
    """A template's pipeline that asks for recorded series of the label set that fires, combined by `form`."""
    matchers = names.identity(service.service, slo.name).replace('"', "'")
    matchers += "".join(f",{label}=%q" for label in slo.group_by)
    query = form.format(*(f"{name}{{{matchers}}}" for name in series))
    if not slo.group_by:
        return f'query "{query}"'
    values = " ".join(f"$labels.{label}" for label in slo.group_by * len(series))
    return f'printf "{query}" {values} | query'
