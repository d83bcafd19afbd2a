"""pyrra's ServiceLevelObjective, pyrra.dev/v1alpha1.

Keys: https://doc.crds.dev/github.com/pyrra-dev/pyrra/pyrra.dev/ServiceLevelObjective/v1alpha1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic_core import PydanticCustomError

from slostack.imports import copied_labels, indicator
from slostack.imports.fields import Fields
from slostack.imports.indicator import Indicator
from slostack.imports.kubernetes import FOR_KUBERNETES, leave_kept
from slostack.imports.labels import OF_ALERTS, annotation_fits, carried, owner
from slostack.imports.mistakes import Mistakes
from slostack.imports.model import ImportedService, ImportedSlo, Team, checked_objective, read_name, slug
from slostack.imports.pyrra_alerts import absent_for, read_alerting
from slostack.spec.quantities import Duration, Selector
from slostack.spec.windows import parse_window

API_VERSION, KIND = "pyrra.dev/v1alpha1", "ServiceLevelObjective"
_PROPAGATED = "pyrra.dev/"
_SERVICE_LABEL = "pyrra.dev/service"
_OF_RULES = "how pyrra writes its rules; this project's rules are its own"
_RUNBOOK = ("runbook", "runbook_url")
_MILLISECONDS = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
    "y": 31_536_000_000,
}
_DURATION = re.compile("(?:[0-9]{1,9}(?:ms|[smhdwy]))+")


def read(document: Fields) -> ImportedService:
    """The one SLO of a ServiceLevelObjective, and the service it belongs to; raises SpecError."""
    mistakes = Mistakes()
    document.value("apiVersion")
    with mistakes:
        leave_kept(document)
    with mistakes:
        about = _about(document.required_fields("metadata"))
    with mistakes:
        promise = _promise(document.required_fields("spec"))
    mistakes.check(document)
    slo = ImportedSlo(
        name=about.name,
        description=promise.description,
        objective=promise.objective,
        window=str(promise.window),
        sli=promise.indicator.sli,
        origin=promise.spec,
        group_by=promise.indicator.group_by,
        labels=about.labels,
        annotations=about.annotations,
        alerting=promise.alerting,
        runbooks=about.runbooks,
    )
    service = _service(about.metadata, promise.total, about.name)
    return ImportedService(service, "pyrra", about.metadata, (slo,), teams=(about.team,) if about.team else ())


@dataclass(frozen=True)
class _About:
    """What an object's metadata say."""

    metadata: Fields
    name: str
    labels: dict[str, str]
    team: Team | None
    annotations: dict[str, str]
    runbooks: tuple[str, ...]


def _about(metadata: Fields) -> _About:
    mistakes = Mistakes()
    with mistakes:
        name = read_name(metadata, "name", "slo", "the SLO's name")
    with mistakes:
        labels = _labels(metadata)
    with mistakes:
        annotations, runbooks = _annotations(metadata)
    mistakes.check(metadata)
    team = owner(metadata, labels, prefix=_PROPAGATED)
    without = ("service", team.label) if team else ("service",)
    kept = carried(metadata, "labels", labels, without=without, prefix=_PROPAGATED)
    return _About(metadata, name, kept, team, annotations, runbooks)


@dataclass(frozen=True)
class _Promise:
    """What an object's spec says, and the selector of all of its events."""

    spec: Fields
    description: str | None
    objective: float
    window: Duration
    indicator: Indicator
    total: Selector
    alerting: dict[str, Any]


def _promise(spec: Fields) -> _Promise:
    mistakes = Mistakes()
    with mistakes:
        found, total = _indicator(spec.required_fields("indicator", "ratio, latency, latencyNative or bool_gauge"))
    with mistakes:
        objective = _target(spec)
    with mistakes:
        window = _window(spec)
    with mistakes:
        description = spec.optional_text("description")
    with mistakes:
        alerting, absent = read_alerting(spec)
    spec.leave("performanceOverAccuracy", "ruleOutput", "partial_response_strategy", why=_OF_RULES)
    mistakes.check(spec)
    for note in found.notes:
        spec.assume("indicator", note)
    if absent:
        alerting["absence"] = {"for": str(absent_for(objective, window)), "severity": absent}
    return _Promise(spec, description, objective, window, found, total, alerting)


def _labels(metadata: Fields) -> dict[str, str]:
    """The labels that pyrra puts on its series: those that begin with pyrra.dev/, without that."""
    propagated: dict[str, str] = {}
    for name, value in metadata.scalars("labels").items():
        if name.startswith(_PROPAGATED):
            propagated[name.removeprefix(_PROPAGATED)] = value
        else:
            metadata.leave_below("labels", name, FOR_KUBERNETES)
    return propagated


def _annotations(metadata: Fields) -> tuple[dict[str, str], tuple[str, ...]]:
    """The annotations that pyrra puts on its alerts, those that begin with pyrra.dev/, without that; and runbooks."""
    kept: dict[str, str] = {}
    runbooks: list[str] = []
    for name, text in metadata.scalars("annotations").items():
        own = name.removeprefix(_PROPAGATED)
        if own in _RUNBOOK and re.fullmatch(r"https?://\S+", text):
            runbooks.append(text)
        elif own != name and annotation_fits(own, text):
            kept[own] = text
        else:
            metadata.leave_below("annotations", name, FOR_KUBERNETES if own == name else OF_ALERTS)
    return kept, tuple(runbooks)


def _service(metadata: Fields, total: Selector, name: str) -> str:
    """The service: of the label pyrra.dev/service, else the job of the series, else the SLO's own name."""
    if labelled := metadata.scalars("labels").get(_SERVICE_LABEL):
        return slug(labelled, "service")
    job = indicator.matcher_value(total, "job")
    service = slug(job, "service") if job else name
    source = "the job of its series" if job else "its own name"
    metadata.assume("name", f"in the service {service!r}, {source}; pyrra knows no services (label {_SERVICE_LABEL})")
    return service


def _target(spec: Fields) -> float:
    value = spec.value("target")
    if value is None:
        raise spec.missing("target", 'a percentage such as "99.9"')
    try:
        target = Decimal(str(value))
    except InvalidOperation:
        raise spec.error("target", f"{value!r}, expected a percentage such as '99.9'") from None
    return checked_objective(spec, "target", float(target))


def _window(spec: Fields) -> Duration:
    text = spec.text("window", "a duration such as 4w")
    seconds, rest = divmod(_parse_duration(spec, "window", text), 1000)
    if rest or not seconds:
        raise spec.error("window", f"{text!r}, expected whole seconds")
    try:
        parse_window(str(Duration(seconds)))
    except PydanticCustomError as error:
        raise spec.error("window", error.message()) from None
    return Duration(seconds)


def _parse_duration(fields: Fields, key: str, text: str) -> int:
    """Milliseconds of a duration as Prometheus writes it."""
    if not _DURATION.fullmatch(text):
        raise fields.error(key, f"{text!r}, expected a duration such as 200ms, 5m or 4w")
    return sum(int(number) * _MILLISECONDS[unit] for number, unit in re.findall("([0-9]+)(ms|[smhdwy])", text))


def _indicator(of: Fields) -> tuple[Indicator, Selector]:
    """The SLI, and the selector of all of its events."""
    mistakes = Mistakes()
    found: dict[str, tuple[Indicator, Selector]] = {}
    given: list[str] = []
    for kind, read_kind in _KINDS.items():
        with mistakes:
            if fields := of.fields(kind):
                given.append(kind)
                found[kind] = read_kind(fields)
    with mistakes:
        if len(given) > 1:
            raise of.error(given[1], f"beside {given[0]}, expected one of {', '.join(_KINDS)}")
    mistakes.check(of)
    if not given:
        raise of.missing("ratio", f"one of {', '.join(_KINDS)}")
    return found[given[0]]


def _ratio(fields: Fields) -> tuple[Indicator, Selector]:
    return _of_counters(fields, "errors", is_good=False)


def _latency(fields: Fields) -> tuple[Indicator, Selector]:
    return _of_counters(fields, "success", is_good=True)


def _of_counters(fields: Fields, key: str, *, is_good: bool) -> tuple[Indicator, Selector]:
    mistakes = Mistakes()
    with mistakes:
        grouping = _grouping(fields)
    with mistakes:
        part = _metric(fields.required_fields(key))
    with mistakes:
        total = _metric(fields.required_fields("total"))
    mistakes.check(fields)
    of = copied_labels.of_counters if copied_labels.are_needed(grouping) else indicator.from_selectors
    return of(part, total, grouping, is_good=is_good), total


def _native_latency(fields: Fields) -> tuple[Indicator, Selector]:
    mistakes = Mistakes()
    with mistakes:
        grouping = _grouping(fields)
    with mistakes:
        total = _metric(fields.required_fields("total"))
    with mistakes:
        threshold = _parse_duration(fields, "latency", fields.text("latency", "a duration such as 200ms")) / 1000
    mistakes.check(fields)
    if copied_labels.are_needed(grouping):
        return copied_labels.of_native_histogram(total, threshold, grouping), total
    of_native = {"native_histogram": str(total), "threshold": int(threshold) if threshold % 1 == 0 else threshold}
    return Indicator({"latency": of_native}, grouping), total


def _gauge(fields: Fields) -> tuple[Indicator, Selector]:
    mistakes = Mistakes()
    with mistakes:
        grouping = _grouping(fields)
    with mistakes:
        gauge = _metric(fields)
    mistakes.check(fields)
    if copied_labels.are_needed(grouping):
        return copied_labels.of_gauge(gauge, grouping), gauge
    return Indicator({"uptime": str(gauge)}, grouping), gauge


_KINDS = {"ratio": _ratio, "latency": _latency, "latencyNative": _native_latency, "bool_gauge": _gauge}


def _grouping(fields: Fields) -> tuple[str, ...]:
    labels = fields.texts("grouping")
    if left := [label for label in labels if label in copied_labels.NOT_COPIED]:
        raise fields.error("grouping", f"{left[0]!r}, which tells no series apart here, expected another label")
    return tuple(dict.fromkeys(labels))


def _metric(fields: Fields) -> Selector:
    text = fields.text("metric", "a selector")
    try:
        return Selector.parse(text)
    except PydanticCustomError as error:
        raise fields.error("metric", error.message()) from None
