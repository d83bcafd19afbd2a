"""sloth's `prometheus/v1` and its Kubernetes form, PrometheusServiceLevel of sloth.slok.dev/v1.

Keys: https://pkg.go.dev/github.com/slok/sloth/pkg/prometheus/api/v1 and …/pkg/kubernetes/api/sloth/v1.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from slostack.imports import indicator, promql
from slostack.imports.fields import Fields
from slostack.imports.indicator import Indicator
from slostack.imports.kubernetes import FOR_KUBERNETES, leave_kept
from slostack.imports.labels import carried, owner, severity
from slostack.imports.model import ImportedService, ImportedSlo, checked_objective, read_name
from slostack.imports.sloth_plugins import read_plugins

VERSION = "prometheus/v1"
API_VERSION, KIND = "sloth.slok.dev/v1", "PrometheusServiceLevel"
_WINDOW = "30d"
_RUNBOOK = ("runbook", "runbook_url")
_NAMED = "alerts are named ErrorBudgetBurn; a route or a silence that matches the name has to be changed"
_ONE_KIND = "a label of pages or of tickets alone; the labels of an SLO are on all of its alerts"
_OF_ALERTS = "the texts of alerts are the generator's own"


_Spelling = Callable[[str], str]
"""How a form of the format writes a key."""


def _plain(key: str) -> str:
    return key


def _camel(key: str) -> str:
    return re.sub("_([a-z])", lambda match: match[1].upper(), key)


def read_plain(document: Fields) -> ImportedService:
    """The service of a `version: prometheus/v1` document; raises SpecError."""
    document.value("version")
    return _service(document, _plain)


def read_kubernetes(document: Fields) -> ImportedService:
    """The service of a PrometheusServiceLevel; raises SpecError."""
    document.value("apiVersion")
    leave_kept(document)
    if metadata := document.fields("metadata"):
        metadata.leave("name", "labels", "annotations", why=FOR_KUBERNETES)
    return _service(document.required_fields("spec"), _camel)


def _service(spec: Fields, spelt: _Spelling) -> ImportedService:
    name = read_name(spec, "service", "service", "the service's name")
    labels = spec.scalars("labels")
    team = owner(spec, "labels", labels)
    common = carried(spec, "labels", labels, without=(team[0],) if team else ())
    plugins = read_plugins(spec, spelt("slo_plugins"), {})
    slos = spec.items("slos")
    if not slos:
        raise spec.missing("slos", "at least one SLO")
    return ImportedService(
        name, "sloth", spec, tuple(_slo(slo, common, plugins, spelt) for slo in slos), team=team[1] if team else None
    )


def _slo(slo: Fields, common: dict[str, str], plugins: dict[str, Any], spelt: _Spelling) -> ImportedSlo:
    name = read_name(slo, "name", "slo", "the SLO's name")
    objective = slo.number("objective")
    if objective is None:
        raise slo.missing("objective", "a percentage such as 99.9")
    slo.assume("objective", f"over {_WINDOW}, which is sloth's own default; its file doesn't say")
    found = _indicator(slo.required_fields("sli", "events or raw"), spelt)
    for note in found.notes:
        slo.assume("sli", note)
    alerting, alert_labels, runbooks = _alerting(slo, spelt)
    return ImportedSlo(
        name=name,
        description=slo.optional_text("description"),
        objective=checked_objective(slo, "objective", objective),
        window=_WINDOW,
        sli=found.sli,
        origin=slo,
        group_by=found.group_by,
        labels={**common, **carried(slo, "labels", slo.scalars("labels")), **alert_labels},
        alerting={**alerting, **read_plugins(slo, "plugins", plugins)},
        runbooks=runbooks,
    )


def _indicator(sli: Fields, spelt: _Spelling) -> Indicator:
    events, raw = sli.fields("events"), sli.fields("raw")
    if sli.value("plugin") is not None:
        what = "an SLI plugin, which is code, expected events or raw: write the query that the plugin gives"
        raise sli.error("plugin", what)
    if events and raw:
        raise sli.error("raw", "beside events, expected one of the two")
    if events:
        error, total = (_query(events, spelt(key)) for key in ("error_query", "total_query"))
        return _said(events, spelt("error_query"), lambda: indicator.from_bad(error, total))
    if raw:
        key = spelt("error_ratio_query")
        ratio = _query(raw, key)
        return _said(raw, key, lambda: indicator.from_error_ratio(ratio))
    raise sli.missing("events", "events or raw")


def _query(fields: Fields, key: str) -> promql.Query:
    try:
        return promql.parse_windowed(fields.text(key, "a PromQL query"))
    except ValueError as error:
        raise fields.error(key, str(error)) from None


def _said(fields: Fields, key: str, say: Callable[[], Indicator]) -> Indicator:
    try:
        return say()
    except ValueError as error:
        raise fields.error(key, str(error)) from None


def _alerting(slo: Fields, spelt: _Spelling) -> tuple[dict[str, Any], dict[str, str], tuple[str, ...]]:
    """The severities, labels and former runbooks of an SLO's alerts."""
    alerting = slo.fields("alerting")
    if alerting is None:
        return {}, {}, ()
    alerting.leave("name", why=_NAMED)
    labels = carried(alerting, "labels", alerting.scalars("labels"))
    runbooks = _annotations(alerting)
    severities: dict[str, Any] = {}
    of_kinds: list[tuple[Fields, dict[str, str]]] = []
    for kind in ("page", "ticket"):
        alert = alerting.fields(spelt(f"{kind}_alert"))
        if alert is None:
            continue
        if alert.boolean("disable"):
            severities[kind] = "none"
            alert.leave("labels", "annotations", why="of an alert that is disabled")
            continue
        runbooks += _annotations(alert)
        own = alert.scalars("labels")
        if word := own.get("severity"):
            if found := severity(word):
                severities[kind] = found
            else:
                alert.leave_below("labels", "severity", f"{word!r} is no severity here: critical, high, medium or low")
        of_kinds.append((alert, carried(alert, "labels", own, without=("severity",))))
    for alert, own in of_kinds:
        for label, value in own.items():
            if all(other.get(label) == value for _, other in of_kinds):
                labels[label] = value
            else:
                alert.leave_below("labels", label, _ONE_KIND)
    return severities, labels, runbooks


def _annotations(fields: Fields) -> tuple[str, ...]:
    """The runbooks that annotations link to; the others are left out."""
    found: list[str] = []
    for name, text in fields.scalars("annotations").items():
        if name in _RUNBOOK and re.fullmatch(r"https?://\S+", text):
            found.append(text)
        else:
            fields.leave_below("annotations", name, _OF_ALERTS)
    return tuple(found)
