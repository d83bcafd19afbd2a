"""What changed in SLOs, by the fields that people edit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slostack.review.changes import Change, Detail, difference, pairs
from slostack.review.promql import changed_promql
from slostack.spec.part import Part
from slostack.spec.quantities import Selector
from slostack.spec.service import Service
from slostack.spec.sli import Sli
from slostack.spec.slo import Slo

FOR_GATE = "for slostack gate"


def renamed_slos(old: Service | None, new: Service | None) -> dict[str, str]:
    """SLOs that have another name now, by their old one: the same SLI and objective, which none of the name has."""
    if not old or not new:
        return {}
    before, after = ({slo.name for slo in side.slos} for side in (old, new))
    added = [slo for slo in new.slos if slo.name not in before]
    names = {}
    for slo in old.slos:
        same = [now for now in added if (now.sli, now.objective) == (slo.sli, slo.objective)]
        if slo.name not in after and same:
            names[slo.name] = same[0].name
            added.remove(same[0])
    return names


def with_names(service: Service, names: Mapping[str, str]) -> Service:
    """The service with some of its SLOs under other names."""
    slos = tuple(slo.model_copy(update={"name": names.get(slo.name, slo.name)}) for slo in service.slos)
    return service.model_copy(update={"slos": slos})


def slo_changes(old: Service | None, new: Service | None, renamed: Mapping[str, str]) -> Iterator[Change]:
    """What changed in each SLO, its objective with what that means in minutes of budget; `old` has its new names."""
    before, after = ({slo.name: slo for slo in side.slos} if side else {} for side in (old, new))
    for was_named, name in renamed.items():
        yield Change("changed", was_named, (_renamed(name),))
    for name, was, now in pairs(before, after):
        if was is None and now is not None:
            yield Change("added", name, _summary(now))
        elif now is None and was is not None:
            yield Change("removed", name, (Detail("objective", after=_objective(was), meaning=_budget(was)), _ENDS))
        elif was and now and (details := _slo_details(was, now)):
            yield Change("changed", name, details)


def _renamed(name: str) -> Detail:
    what = "its history and budget start anew: keep the old name to keep them"
    return Detail(f"renamed to {name}", meaning=what, is_risk=True)


_ENDS = Detail(
    "history ends", meaning="its recorded series get no more samples: change what else reads them", is_risk=True
)


def _objective(slo: Slo) -> str:
    return f"{slo.objective:.12g} %"


def budget_minutes(slo: Slo) -> str:
    """The minutes of total outage that spend the SLO's budget: `43.2 min`."""
    minutes = slo.budget * slo.window.seconds / 60
    return f"{minutes:,.0f} min" if minutes >= 1000 else f"{minutes:.3g} min"


def _budget(slo: Slo) -> str:
    return f"{budget_minutes(slo)} of budget in {slo.period}"


def _summary(slo: Slo) -> tuple[Detail, ...]:
    return (
        Detail("objective", after=_objective(slo), meaning=_budget(slo)),
        *(Detail(field, after=value) for field, value in _sli(slo.sli).items()),
        *(Detail(key, after=value) for key, value in _settings(slo).items() if (key, value) not in _UNSAID),
        Detail("runbook", after=slo.runbook),
    )


def _slo_details(old: Slo, new: Slo) -> tuple[Detail, ...]:
    same_window = old.window == new.window
    budgets = f"{budget_minutes(old) if same_window else _budget(old)} → {_budget(new)}"
    window_too = "" if old.objective != new.objective else budgets
    return (
        *difference("objective", _objective(old), _objective(new), budgets),
        *difference("window", str(old.window), str(new.window), window_too),
        *(sli := tuple(_sli_details(old.sli, new.sli))),
        *((Detail("history", meaning=f"for {new.period} the budget holds counts of both SLIs"),) if sli else ()),
        *(
            detail
            for key, was, now in pairs(_settings(old), _settings(new))
            for detail in difference(key, was, now, _MEANINGS.get(key, ""), is_risk=key == "group_by")
        ),
        *difference("runbook", old.runbook, new.runbook),
        *difference("description", old.description, new.description),
    )


_UNSAID = (("policy", "google"), ("least_failures", "0"))
"""Settings of a new SLO that go without saying."""
_MEANINGS = {
    "group_by": "its history and budgets start anew",
    "maintenance": "UTC",
    "labels": "on its alerts and slo:info",
    "page_labels": "on its pages",
    "ticket_labels": "on its tickets",
    "annotations": "on its alerts",
    "error_budget_policy": FOR_GATE,
}


def _settings(slo: Slo) -> dict[str, str]:
    """How it is grouped, labelled, alerted on and kept quiet, as written in the file; what is unset is left out."""
    settings = {
        "group_by": ", ".join(slo.group_by),
        "group_limit": str(slo.group_limit) if slo.group_by else "",
        **{key: _pairs(getattr(slo, key)) for key in ("labels", "page_labels", "ticket_labels", "annotations")},
        "maintenance": ", ".join(f"{window.cron} for {window.duration}" for window in slo.maintenance),
        "error_budget_policy": str(slo.error_budget_policy or ""),
    }
    for key, value in slo.alerting.model_dump(mode="json", by_alias=True, exclude_none=True).items():
        inner = value.items() if isinstance(value, dict) else ()
        settings[key] = ", ".join(f"{k} {shown(v)}" for k, v in inner) or shown(value)
    return {key: value for key, value in settings.items() if value}


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(values.items()))


def _sli(sli: Sli) -> dict[str, str]:
    """The fields of an SLI with its kind in front, as they are written in the file."""
    part = getattr(sli, sli.kind_name)
    fields = {sli.kind_name: part} if isinstance(part, Selector) else _fields(part, sli.kind_name)
    return {field: str(value) for field, value in {**fields, "up": sli.up}.items() if value is not None}


def _fields(part: Part, name: str) -> dict[str, object]:
    """The fields of a mapping that are set, with its name in front."""
    values = {key: getattr(part, key) for key in type(part).model_fields}
    return {f"{name} {key}": None if value is None else shown(value, key) for key, value in values.items()}


def shown(value: object, key: str = "") -> str:
    """A value as it is written in the file; a threshold with its unit."""
    if isinstance(value, tuple | list):
        return ", ".join(map(shown, value))
    unit = "s" if key == "threshold" else ""
    return f"{value:.12g}{unit}" if isinstance(value, float) else str(value)


def _sli_details(old: Sli, new: Sli) -> Iterator[Detail]:
    for field, was, now in pairs(_sli(old), _sli(new)):
        yield from changed_promql(field, was, now)
