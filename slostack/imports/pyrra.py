"""pyrra's ServiceLevelObjective, pyrra.dev/v1alpha1.

Keys: https://doc.crds.dev/github.com/pyrra-dev/pyrra/pyrra.dev/ServiceLevelObjective/v1alpha1.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic_core import PydanticCustomError

from slostack.imports import indicator
from slostack.imports.fields import Fields
from slostack.imports.indicator import Indicator
from slostack.imports.kubernetes import FOR_KUBERNETES, leave_kept
from slostack.imports.labels import carried, owner, severity
from slostack.imports.model import ImportedService, ImportedSlo, checked_objective, read_name, slug
from slostack.names import RESERVED_LABELS
from slostack.spec.quantities import Duration, Selector

API_VERSION, KIND = "pyrra.dev/v1alpha1", "ServiceLevelObjective"
_PROPAGATED = "pyrra.dev/"
_SERVICE_LABEL = "pyrra.dev/service"
_NAMED = "alerts are named ErrorBudgetBurn and SLIAbsent; a route or a silence that matches the name has to be changed"
_OFF = "of an alert that is switched off"
_TIERS = {"page": ("fastBurn", "mediumBurn"), "ticket": ("slowBurn", "longTermBurn")}
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
    document.value("apiVersion")
    leave_kept(document)
    metadata, spec = document.required_fields("metadata"), document.required_fields("spec")
    name = read_name(metadata, "name", "slo", "the SLO's name")
    labels = _labels(metadata)
    team = owner(metadata, "labels", labels)
    not_carried = ("service", team[0]) if team else ("service",)
    found, total = _indicator(spec.required_fields("indicator", "ratio, latency, latencyNative or bool_gauge"))
    objective, window = _target(spec), _window(spec)
    spec.leave("performanceOverAccuracy", "ruleOutput", "partial_response_strategy", why=_OF_RULES)
    slo = ImportedSlo(
        name=name,
        description=spec.optional_text("description"),
        objective=objective,
        window=str(window),
        sli=found.sli,
        origin=spec,
        group_by=found.group_by,
        labels=carried(metadata, "labels", labels, without=not_carried, prefix=_PROPAGATED),
        alerting=_alerting(spec, objective, window),
        runbooks=_runbooks(metadata),
    )
    return ImportedService(_service(metadata, total, name), "pyrra", metadata, (slo,), team=team[1] if team else None)


def _labels(metadata: Fields) -> dict[str, str]:
    """The labels that pyrra puts on its series: those that begin with pyrra.dev/, without that."""
    propagated: dict[str, str] = {}
    for name, value in metadata.scalars("labels").items():
        if name.startswith(_PROPAGATED):
            propagated[name.removeprefix(_PROPAGATED)] = value
        else:
            metadata.leave_below("labels", name, FOR_KUBERNETES)
    return propagated


def _runbooks(metadata: Fields) -> tuple[str, ...]:
    found: list[str] = []
    for name, text in metadata.scalars("annotations").items():
        if name.removeprefix(_PROPAGATED) in _RUNBOOK and re.fullmatch(r"https?://\S+", text):
            found.append(text)
        else:
            metadata.leave_below("annotations", name, FOR_KUBERNETES)
    return tuple(found)


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
    return Duration(seconds)


def _parse_duration(fields: Fields, key: str, text: str) -> int:
    """Milliseconds of a duration as Prometheus writes it."""
    if not _DURATION.fullmatch(text):
        raise fields.error(key, f"{text!r}, expected a duration such as 200ms, 5m or 4w")
    return sum(int(number) * _MILLISECONDS[unit] for number, unit in re.findall("([0-9]+)(ms|[smhdwy])", text))


def _indicator(of: Fields) -> tuple[Indicator, Selector]:
    """The SLI, and the selector of all of its events."""
    kinds = {kind: of.fields(kind) for kind in ("ratio", "latency", "latencyNative", "bool_gauge")}
    given = [kind for kind, fields in kinds.items() if fields]
    if not given:
        raise of.missing("ratio", "one of ratio, latency, latencyNative, bool_gauge")
    if len(given) > 1:
        raise of.error(given[1], f"beside {given[0]}, expected one of {', '.join(kinds)}")
    kind = given[0]
    fields = of.required_fields(kind)
    grouping = _grouping(fields)
    if kind == "bool_gauge":
        gauge = _metric(fields)
        return Indicator({"uptime": str(gauge)}, grouping), gauge
    total = _metric(fields.required_fields("total"))
    if kind == "latencyNative":
        threshold = _parse_duration(fields, "latency", fields.text("latency", "a duration such as 200ms")) / 1000
        of_native = {"native_histogram": str(total), "threshold": int(threshold) if threshold % 1 == 0 else threshold}
        return Indicator({"latency": of_native}, grouping), total
    part = _metric(fields.required_fields("errors" if kind == "ratio" else "success"))
    return indicator.from_selectors(part, total, grouping, is_good=kind == "latency"), total


def _grouping(fields: Fields) -> tuple[str, ...]:
    labels = fields.texts("grouping")
    if reserved := [label for label in labels if label in RESERVED_LABELS]:
        what = (
            f"{reserved[0]!r}, a label that the generator sets, expected another one "
            "(copy it to another label by metric_relabel_configs)"
        )
        raise fields.error("grouping", what)
    return tuple(dict.fromkeys(labels))


def _metric(fields: Fields) -> Selector:
    text = fields.text("metric", "a selector")
    try:
        return Selector.parse(text)
    except PydanticCustomError as error:
        raise fields.error("metric", error.message()) from None


def _alerting(spec: Fields, objective: float, window: Duration) -> dict[str, Any]:
    alerting = spec.fields("alerting")
    if alerting is None:
        return _absence(objective, window, None)
    alerting.leave("name", "absentName", why=_NAMED)
    absent, disabled, burnrates = (alerting.boolean(key) for key in ("absent", "disabled", "burnrates"))
    severities = alerting.fields("severities")
    of_absent = _severity(severities, "absent") if severities else None
    said = _absence(objective, window, of_absent) if absent is not False else {}
    if severities and absent is False:
        severities.leave("absent", why=_OFF)
    if disabled or burnrates is False:
        if severities:
            severities.leave(*_TIERS["page"], *_TIERS["ticket"], why=_OFF)
        return {"page": "none", "ticket": "none", **said}
    for kind, (fast, slow) in _TIERS.items():
        first, second = (_severity(severities, key) if severities else None for key in (fast, slow))
        if severities and first and second and first != second:
            severities.leave(slow, why=f"{kind}s have one severity: {first}, as {fast} says")
        if first or second:
            said[kind] = first or second
    return said


def _absence(objective: float, window: Duration, found: str | None) -> dict[str, Any]:
    return {"absence": {"for": str(_absent_for(objective, window)), "severity": found or "critical"}}


def _severity(severities: Fields, key: str) -> str | None:
    word = severities.optional_text(key)
    if word is None:
        return None
    found = severity(word)
    if found is None:
        severities.leave(key, why=f"{word!r} is no severity here: critical, high, medium or low")
    return found


def _absent_for(objective: float, window: Duration) -> Duration:
    """How long series are gone before pyrra says so: the time in which its fastest alert would notice a total outage
    (pyrra's AbsentDuration: 14 times the budget over the long window, and the alert's own wait)."""
    minutes = window.seconds / 60
    long, wait = round(minutes / (28 * 24)), round(minutes / (28 * 24 * 30))
    return Duration(max(round(14 * (100 - objective) / 100 * long + wait), 1) * 60)
