"""The burn-rate alerts of an SLO: one per tier of its policy."""

from __future__ import annotations

from slostack import names
from slostack.bundle import GRAFANA_URL, RUNBOOK_URL
from slostack.rules.model import AlertingRule
from slostack.spec.model import Service, Slo
from slostack.spec.policy import Tier
from slostack.spec.quantities import Duration


def burn_alerts(service: Service, slo: Slo) -> tuple[AlertingRule, ...]:
    """The alerts of every tier that the SLO asks for, the most urgent first."""
    return tuple(_burn_alert(service, slo, tier) for tier in slo.tiers)


def _burn_alert(service: Service, slo: Slo, tier: Tier) -> AlertingRule:
    burns = [(tier.long, slo.policy.burn(tier, slo.window))]
    if tier.short != tier.long:
        burns.append((tier.short, slo.policy.burn(tier, slo.window)))
    if tier.guard:
        burns.append((tier.guard.window, tier.guard.burn))
    identity = names.identity(service.service, slo.name)
    severity = slo.alerting.severity(tier)
    assert severity is not None
    return AlertingRule(
        alert=names.BURN_ALERT,
        expr="\nand\n".join(f"{_burn_rate(window, identity, slo)} > {burn:.12g}" for window, burn in burns),
        keep_firing_for=tier.guard.keep_firing_for if tier.guard else None,
        labels={
            names.TEAM: service.team,
            names.SEVERITY: severity,
            names.TIER: tier.name,
            names.WINDOW: str(tier.long),
        },
        annotations={
            "summary": f"{service.service} {slo.name}: the error budget burns "
            '{{ printf "%.1f" $value }} times too fast',
            "description": _description(slo, tier, identity),
            "runbook_url": f"{RUNBOOK_URL}/{slo.runbook}",
            "dashboard_url": f"{GRAFANA_URL}/d/{names.dashboard_uid(service.service)}",
        },
    )


def _burn_rate(window: Duration, identity: str, slo: Slo) -> str:
    return f"{names.error_ratio(window)}{{{identity}}} / {slo.budget:.12g}"


def _description(slo: Slo, tier: Tier, identity: str) -> str:
    """What is promised, how bad it is, what is left and for how long (budget left x SLO window / burn rate)."""
    matchers = identity.replace('"', "'")
    ratio = f"{names.error_ratio(tier.long)}{{{matchers}}}"
    left = f"{names.BUDGET_REMAINING}{{{matchers}}}"
    lasts = f"({left} > 0) * {slo.window.seconds} * {slo.budget:.12g} / ({ratio} > 0)"
    duration = "{{ . | first | value | humanizeDuration }}"
    return (
        f"{slo.description}: {slo.objective:g} % over {slo.window} is promised. "
        f'Over the last {tier.long} {{{{ with query "{ratio}" }}}}{{{{ . | first | value | humanizePercentage }}}} '
        "of all events{{ else }}too many events{{ end }} were bad: a burn rate of "
        '{{ printf "%.1f" $value }}. '
        f'Budget left: {{{{ with query "{left}" }}}}{{{{ . | first | value | humanizePercentage }}}}'
        "{{ else }}not known yet{{ end }}"
        f'{{{{ with query "{lasts}" }}}}, gone in {duration} at this rate{{{{ end }}}}.'
    )
