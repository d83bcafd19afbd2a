"""OpenSLO v1: SLOs and the objects that they refer to, in any of the files.

Specification: https://github.com/OpenSLO/OpenSLO.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from slostack.imports.fields import Fields, as_text
from slostack.imports.indicator import Indicator
from slostack.imports.kubernetes import FOR_KUBERNETES
from slostack.imports.labels import carried, owner
from slostack.imports.mistakes import Mistakes
from slostack.imports.model import ImportedService, ImportedSlo, Team, checked_objective, read_name, slug
from slostack.imports.openslo_alerts import RECEIVERS, read_alerting
from slostack.imports.openslo_objects import Objects, check_inline, gather, leave_description, leave_metadata
from slostack.imports.openslo_sli import Budgeting, read_indicator
from slostack.imports.openslo_window import read_duration, read_window
from slostack.spec.quantities import Duration
from slostack.spec.source import describe

_METHODS = ("Occurrences", "Timeslices", "RatioTimeslices")
_SLICE_LENGTHS = (60, *range(300, 3601, 300))
_CONNECTION = "addresses and secrets belong to an environment: stacks/Pulumi.<env>.yaml"
_UNUSED = "no SLO refers to it"
_COMPOSITE = "each objective is an SLO of its own; nothing judges them together"
_NO_SLICES = "only of time slices"


@dataclass(frozen=True)
class _About:
    """What an SLO or a Service says of itself."""

    description: str | None
    labels: dict[str, str]
    team: Team | None


@dataclass(frozen=True)
class _Objective:
    """What an objective says; `display` where it is one of several."""

    fields: Fields
    percent: float
    sli: Indicator
    display: str | None


def read(documents: Iterable[Fields], mistakes: Mistakes) -> list[ImportedService]:
    """The services of all SLOs among OpenSLO objects but for those with mistakes, which are kept."""
    objects = gather(documents, mistakes)
    services: list[ImportedService] = []
    for document in objects.slos:
        with mistakes:
            service = _service(document, objects)
            if document in objects.by_name.values():
                services.append(service)
    for (kind, name), document in objects.by_name.items():
        if kind != "SLO":
            with mistakes:
                _leave_rest(document, kind, is_used=(kind, name) in objects.used)
    return services


def _leave_rest(document: Fields, kind: str, *, is_used: bool) -> None:
    """Leaves out what no SLO has read of an object."""
    if kind == "Service" and is_used:
        return
    if kind == "AlertNotificationTarget" or not is_used:
        document.leave("metadata", "spec", why=RECEIVERS if kind == "AlertNotificationTarget" else _UNUSED)
        return
    leave_metadata(document)
    if kind == "DataSource" and (spec := document.fields("spec")):
        spec.value("type")
        leave_description(spec)
        spec.leave("connectionDetails", why=_CONNECTION)


def _service(document: Fields, objects: Objects) -> ImportedService:
    mistakes = Mistakes()
    of_service = None
    with mistakes:
        name = read_name(document.required_fields("metadata"), "name", "slo", "the object's name")
    with mistakes:
        about = _about(document)
    with mistakes:
        spec = document.required_fields("spec")
        with mistakes:
            found = objects.find("Service", spec.text("service", "the service's name"))
            of_service = _about(found) if found else None
        with mistakes:
            service = read_name(spec, "service", "service", "the service's name")
        with mistakes:
            window = read_window(spec)
        with mistakes:
            alerting = read_alerting(spec, objects)
        with mistakes:
            objectives = _objectives(spec, objects)
        mistakes.check(spec)
    mistakes.check(document)
    slos = tuple(
        ImportedSlo(
            name=_name_of(objective, number, name) if len(objectives) > 1 else name,
            description=_description_of(objective, about.description, name),
            objective=objective.percent,
            window=window,
            sli=objective.sli.sli,
            origin=objective.fields,
            group_by=objective.sli.group_by,
            labels={**(of_service.labels if of_service else {}), **about.labels},
            alerting=alerting,
        )
        for number, objective in enumerate(objectives, 1)
    )
    teams = tuple(each.team for each in (about, of_service) if each and each.team)
    return ImportedService(service, "OpenSLO", spec, slos, of_service.description if of_service else None, teams)


def _name_of(objective: _Objective, number: int, name: str) -> str:
    """The SLO of one of several objectives, told from the others by its display name, else by its number."""
    return slug(f"{name}-{slug(objective.display, 'objective') if objective.display else number}", "slo")


def _description_of(objective: _Objective, description: str | None, name: str) -> str | None:
    return f"{description or name} ({objective.display})" if objective.display else description


def _about(document: Fields) -> _About:
    """What an SLO or a Service says of itself."""
    mistakes = Mistakes()
    display = description = None
    with mistakes:
        metadata = document.required_fields("metadata")
        metadata.value("name")
        with mistakes:
            display = metadata.optional_text("displayName")
        with mistakes:
            labels = _labels(metadata)
            team = owner(metadata, labels)
        metadata.leave("annotations", why=FOR_KUBERNETES)
        mistakes.check(metadata)
    with mistakes:
        if spec := document.fields("spec"):
            description = spec.optional_text("description")
    mistakes.check()
    text = f"{display}: {description}" if display and description else description or display
    return _About(text, carried(metadata, "labels", labels, without=(team.label,) if team else ()), team)


def _labels(metadata: Fields) -> dict[str, str]:
    """Labels, of which each may have a list of values."""
    values = metadata.value("labels")
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise metadata.error("labels", f"{describe(values)}, expected a mapping")
    labels: dict[str, str] = {}
    for name, value in values.items():
        each = value if isinstance(value, list) else [value]
        if any(isinstance(item, dict | list) for item in each):
            raise metadata.error("labels", f"{name}: {describe(value)}, expected text or a list of text")
        labels[name] = ",".join(map(as_text, each))
    return labels


def _objectives(spec: Fields, objects: Objects) -> list[_Objective]:
    mistakes = Mistakes()
    method = "Occurrences"
    found: list[_Objective] = []
    with mistakes:
        method = _method(spec)
    with mistakes:
        _indicator_of(spec, objects, mistakes)
    with mistakes:
        objectives = spec.items("objectives")
        if not objectives:
            raise spec.missing("objectives", "at least one objective")
        for each in objectives:
            with mistakes:
                found.append(_objective(each, spec, method, objects, is_one_of_several=len(objectives) > 1))
    mistakes.check()
    return found


def _method(spec: Fields) -> str:
    method = spec.optional_text("budgetingMethod")
    if method is None:
        spec.assume("budgetingMethod", "Occurrences, as there is none")
        return "Occurrences"
    if method not in _METHODS:
        raise spec.error("budgetingMethod", f"{method!r}, expected one of {', '.join(_METHODS)}")
    return method


def _objective(
    objective: Fields, spec: Fields, method: str, objects: Objects, *, is_one_of_several: bool
) -> _Objective:
    """What one of a spec's objectives says, judged by its own indicator or the spec's."""
    mistakes = Mistakes()
    budgeting = Budgeting("Occurrences")
    display = None
    for key in ("op", "value"):
        objective.value(key)
    objective.leave("compositeWeight", why=_COMPOSITE)
    with mistakes:
        percent = _target(objective)
    with mistakes:
        budgeting = _budgeting(method, objective)
    with mistakes:
        if is_one_of_several:
            display = objective.optional_text("displayName")
        else:
            objective.leave("displayName", why="an SLO of one objective has one description")
    with mistakes:
        own, shared = (_indicator_of(each, objects, mistakes) for each in (objective, spec))
        judged = own or shared
        if judged is None or (own and shared):
            what = "an indicator of the SLO and one of the objective" if own else "no indicator"
            raise objective.error("indicator", f"{what}, expected one: `indicator` or `indicatorRef`")
        if own and is_one_of_several:
            objective.assume("indicator", _COMPOSITE)
        sli = read_indicator(judged, objects, budgeting, objective)
        for note in sli.notes:
            judged.assume("ratioMetric" if judged.data.get("ratioMetric") else "thresholdMetric", note)
    mistakes.check(objective)
    return _Objective(objective, percent, sli, display)


def _indicator_of(fields: Fields, objects: Objects, mistakes: Mistakes) -> Fields | None:
    """The spec of the indicator that stands in a mapping, or that it refers to; None where there is none. What such an
    indicator says wrong of itself is kept in `mistakes`."""
    is_referred = fields.value("indicatorRef") is not None
    inline = fields.fields("indicator")
    if inline and is_referred:
        raise fields.error("indicatorRef", "beside indicator, expected one of the two")
    if is_referred:
        inline = objects.required("SLI", fields, "indicatorRef")
    elif inline:
        check_inline("SLI", inline, mistakes)
    if inline is None:
        return None
    with mistakes:
        leave_metadata(inline)
    inline.document.complete.add(inline.path)
    return inline.required_fields("spec")


def _target(objective: Fields) -> float:
    """The objective in percent."""
    mistakes = Mistakes()
    with mistakes:
        target = objective.number("target")
    with mistakes:
        percent = objective.number("targetPercent")
    mistakes.check()
    if (target is None) == (percent is None):
        what = "target and targetPercent" if target is not None else "no target"
        raise objective.error("target", f"{what}, expected `target` (0.999) or `targetPercent` (99.9)")
    if target is not None:
        return checked_objective(objective, "target", float(Decimal(str(target)) * 100))
    return checked_objective(objective, "targetPercent", percent or 0)


def _budgeting(method: str, objective: Fields) -> Budgeting:
    if method == "Occurrences":
        objective.leave("timeSliceTarget", "timeSliceWindow", why=_NO_SLICES)
        return Budgeting(method)
    mistakes = Mistakes()
    target = Decimal(1)
    with mistakes:
        length = _slice_length(objective)
    with mistakes:
        if method == "Timeslices":
            target = _slice_target(objective)
        else:
            objective.leave("timeSliceTarget", why="only of the method Timeslices")
    mistakes.check()
    return Budgeting(method, length, target)


def _slice_length(objective: Fields) -> Duration:
    if objective.value("timeSliceWindow") is None:
        raise objective.missing("timeSliceWindow", "the length of a time slice, such as 5m")
    length = read_duration(objective, "timeSliceWindow")
    if length.seconds not in _SLICE_LENGTHS:
        raise objective.error("timeSliceWindow", f"{length}, expected 1m, or whole 5m up to 1h")
    return length


def _slice_target(objective: Fields) -> Decimal:
    target = objective.number("timeSliceTarget")
    if target is None:
        raise objective.missing("timeSliceTarget", "the share of good that a slice needs, such as 0.95")
    if not 0 <= target <= 1:
        raise objective.error("timeSliceTarget", f"{target:g}, expected a share from 0 to 1")
    return Decimal(str(target))
