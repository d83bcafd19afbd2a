"""OpenSLO v1: SLOs and the objects that they refer to, in any of the files.

Specification: https://github.com/OpenSLO/OpenSLO.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from slostack.imports.fields import Fields, as_text
from slostack.imports.kubernetes import FOR_KUBERNETES
from slostack.imports.labels import carried, owner
from slostack.imports.model import ImportedService, ImportedSlo, checked_objective, read_name, slug
from slostack.imports.openslo_alerts import RECEIVERS, read_alerting
from slostack.imports.openslo_objects import Objects, check_inline, gather, leave_description, leave_metadata
from slostack.imports.openslo_sli import Budgeting, read_indicator
from slostack.imports.openslo_window import read_duration, read_window
from slostack.spec.source import SpecError, describe

_METHODS = ("Occurrences", "Timeslices", "RatioTimeslices")
_SLICE_LENGTHS = (60, *range(300, 3601, 300))
_CONNECTION = "addresses and secrets belong to an environment: stacks/Pulumi.<env>.yaml"
_UNUSED = "no SLO refers to it"
_COMPOSITE = "each objective is an SLO of its own; nothing judges them together"
_NO_SLICES = "only of time slices"


@dataclass(frozen=True)
class _Shared:
    """What all objectives of an SLO have in common."""

    name: str
    description: str | None
    window: str
    labels: Mapping[str, str]
    alerting: Mapping[str, Any]


def read(documents: Iterable[Fields]) -> list[ImportedService]:
    """The services of all SLOs among OpenSLO objects; raises SpecError with the first mistake of each object."""
    objects, problems = gather(documents)
    services: list[ImportedService] = []
    for document in objects.of_kind("SLO"):
        try:
            services.append(_service(document, objects))
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(tuple(dict.fromkeys(problems)))
    for (kind, name), document in objects.by_name.items():
        if kind != "SLO":
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
    metadata, spec = document.required_fields("metadata"), document.required_fields("spec")
    name = read_name(metadata, "name", "slo", "the SLO's name")
    display = metadata.optional_text("displayName")
    about = objects.find("Service", spec.text("service", "the service's name"))
    description = _about(about) if about else None
    own, team = _labels_and_team(metadata)
    if about:
        of_service, team_of_service = _labels_and_team(about.required_fields("metadata"))
        own, team = {**of_service, **own}, team or team_of_service
    metadata.leave("annotations", why=FOR_KUBERNETES)
    promise = spec.optional_text("description")
    shared = _Shared(
        name=name,
        description=f"{display}: {promise}" if display and promise else promise or display,
        window=read_window(spec),
        labels=own,
        alerting=read_alerting(spec, objects),
    )
    service = read_name(spec, "service", "service", "the service's name")
    slos = _objectives(shared, spec, objects)
    return ImportedService(service, "OpenSLO", spec, slos, description, team)


def _about(service: Fields) -> str | None:
    """What a Service object says of the service."""
    metadata = service.required_fields("metadata")
    display = metadata.optional_text("displayName")
    metadata.leave("annotations", why=FOR_KUBERNETES)
    spec = service.fields("spec")
    description = spec.optional_text("description") if spec else None
    return f"{display}: {description}" if display and description else description or display


def _labels_and_team(metadata: Fields) -> tuple[dict[str, str], str | None]:
    """The labels that an SLO can have, and the team that one of the others names."""
    labels = _labels(metadata)
    team = owner(metadata, "labels", labels)
    return carried(metadata, "labels", labels, without=(team[0],) if team else ()), team[1] if team else None


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


def _objectives(shared: _Shared, spec: Fields, objects: Objects) -> tuple[ImportedSlo, ...]:
    """An SLO of this project for each objective."""
    method = spec.optional_text("budgetingMethod")
    if method is None:
        spec.assume("budgetingMethod", "Occurrences, as there is none")
        method = "Occurrences"
    if method not in _METHODS:
        raise spec.error("budgetingMethod", f"{method!r}, expected one of {', '.join(_METHODS)}")
    objectives = spec.items("objectives")
    if not objectives:
        raise spec.missing("objectives", "at least one objective")
    indicator = _indicator_of(spec, objects)
    slos: list[ImportedSlo] = []
    for number, objective in enumerate(objectives, 1):
        own = _indicator_of(objective, objects)
        judged = own or indicator
        if judged is None or (own and indicator):
            what = "an indicator of the SLO and one of the objective" if own else "no indicator"
            raise objective.error("indicator", f"{what}, expected one: `indicator` or `indicatorRef`")
        slo = _slo(shared, objective, judged, _budgeting(method, objective), objects)
        objective.leave("compositeWeight", why=_COMPOSITE)
        if own and len(objectives) > 1:
            objective.assume("indicator", _COMPOSITE)
        slos.append(_one_of_several(slo, objective, number) if len(objectives) > 1 else slo)
    if len(objectives) == 1:
        objectives[0].leave("displayName", why="an SLO of one objective has one description")
    return tuple(slos)


def _slo(shared: _Shared, objective: Fields, judged: Fields, budgeting: Budgeting, objects: Objects) -> ImportedSlo:
    target = _target(objective)
    sli = read_indicator(judged, objects, budgeting, objective)
    for note in sli.notes:
        judged.assume("ratioMetric" if judged.data.get("ratioMetric") else "thresholdMetric", note)
    return ImportedSlo(
        name=shared.name,
        description=shared.description,
        objective=target,
        window=shared.window,
        sli=sli.sli,
        origin=objective,
        group_by=sli.group_by,
        labels=shared.labels,
        alerting=shared.alerting,
    )


def _one_of_several(slo: ImportedSlo, objective: Fields, number: int) -> ImportedSlo:
    """The SLO of one of several objectives, told from the others by its display name, else by its number."""
    display = objective.optional_text("displayName")
    name = slug(f"{slo.name}-{slug(display, 'objective') if display else number}", "slo")
    return replace(
        slo, name=name, description=f"{slo.description or slo.name} ({display})" if display else slo.description
    )


def _indicator_of(fields: Fields, objects: Objects) -> Fields | None:
    """The spec of the indicator that stands in a mapping, or that it refers to; None where there is none."""
    inline = fields.fields("indicator")
    if inline and fields.value("indicatorRef") is not None:
        raise fields.error("indicatorRef", "beside indicator, expected one of the two")
    if fields.value("indicatorRef") is not None:
        inline = objects.required("SLI", fields, "indicatorRef")
    elif inline:
        check_inline("SLI", inline)
    if inline is None:
        return None
    leave_metadata(inline)
    return inline.required_fields("spec")


def _target(objective: Fields) -> float:
    """The objective in percent."""
    target, percent = objective.number("target"), objective.number("targetPercent")
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
    if objective.value("timeSliceWindow") is None:
        raise objective.missing("timeSliceWindow", "the length of a time slice, such as 5m")
    length = read_duration(objective, "timeSliceWindow")
    if length.seconds not in _SLICE_LENGTHS:
        raise objective.error("timeSliceWindow", f"{length}, expected 1m, or whole 5m up to 1h")
    if method == "RatioTimeslices":
        objective.leave("timeSliceTarget", why="only of the method Timeslices")
        return Budgeting(method, length)
    target = objective.number("timeSliceTarget")
    if target is None:
        raise objective.missing("timeSliceTarget", "the share of good that a slice needs, such as 0.95")
    if not 0 <= target <= 1:
        raise objective.error("timeSliceTarget", f"{target:g}, expected a share from 0 to 1")
    return Budgeting(method, length, Decimal(str(target)))
