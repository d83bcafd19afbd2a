"""sloth's `prometheus/v1` and its Kubernetes form, PrometheusServiceLevel of sloth.slok.dev/v1.

Keys: https://pkg.go.dev/github.com/slok/sloth/pkg/prometheus/api/v1 and …/pkg/kubernetes/api/sloth/v1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slostack.imports import indicator, promql
from slostack.imports.fields import Fields
from slostack.imports.indicator import Indicator
from slostack.imports.kubernetes import FOR_KUBERNETES, leave_kept
from slostack.imports.labels import OF_ALERTS, annotation_fits, carried, owner, severity
from slostack.imports.mistakes import Mistakes
from slostack.imports.model import ImportedService, ImportedSlo, checked_objective, read_name
from slostack.imports.sloth_plugins import read_plugins

VERSION = "prometheus/v1"
API_VERSION, KIND = "sloth.slok.dev/v1", "PrometheusServiceLevel"
_WINDOW = "30d"
_RUNBOOK = ("runbook", "runbook_url")
_NAMED = "alerts are named ErrorBudgetBurn; a route or a silence that matches the name has to be changed"
_ONE_KIND = "an annotation of pages or of tickets alone; those of an SLO are on all of its alerts"


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
    mistakes = Mistakes()
    document.value("apiVersion")
    with mistakes:
        leave_kept(document)
        if metadata := document.fields("metadata"):
            metadata.leave("name", "labels", "annotations", why=FOR_KUBERNETES)
    with mistakes:
        service = _service(document.required_fields("spec"), _camel)
    mistakes.check(document)
    return service


def _service(spec: Fields, spelt: _Spelling) -> ImportedService:
    mistakes = Mistakes()
    team, common, plugins = None, dict[str, str](), dict[str, Any]()
    slos: list[ImportedSlo] = []
    with mistakes:
        name = read_name(spec, "service", "service", "the service's name")
    with mistakes:
        labels = spec.scalars("labels")
        team = owner(spec, labels)
        common = carried(spec, "labels", labels, without=(team.label,) if team else ())
    with mistakes:
        plugins = read_plugins(spec, spelt("slo_plugins"), {})
    with mistakes:
        if not spec.items("slos"):
            raise spec.missing("slos", "at least one SLO")
        for slo in spec.items("slos"):
            with mistakes:
                slos.append(_slo(slo, common, plugins, spelt))
    mistakes.check(spec)
    return ImportedService(name, "sloth", spec, tuple(slos), teams=(team,) if team else ())


def _slo(slo: Fields, common: dict[str, str], plugins: dict[str, Any], spelt: _Spelling) -> ImportedSlo:
    mistakes = Mistakes()
    with mistakes:
        name = read_name(slo, "name", "slo", "the SLO's name")
    with mistakes:
        objective = _objective(slo)
    with mistakes:
        found = _indicator(slo.required_fields("sli", "events or raw"), spelt)
    with mistakes:
        alerts = _alerting(slo, spelt)
    with mistakes:
        description = slo.optional_text("description")
    with mistakes:
        labels = carried(slo, "labels", slo.scalars("labels"))
    with mistakes:
        added = read_plugins(slo, "plugins", plugins)
    mistakes.check(slo)
    for note in found.notes:
        slo.assume("sli", note)
    return ImportedSlo(
        name=name,
        description=description,
        objective=objective,
        window=_WINDOW,
        sli=found.sli,
        origin=slo,
        group_by=found.group_by,
        labels={**common, **labels, **alerts.labels},
        page_labels=alerts.page.labels,
        ticket_labels=alerts.ticket.labels,
        annotations=alerts.annotations,
        alerting={**alerts.severities, **added},
        runbooks=alerts.runbooks,
    )


def _objective(slo: Fields) -> float:
    objective = slo.number("objective")
    if objective is None:
        raise slo.missing("objective", "a percentage such as 99.9")
    slo.assume("objective", f"over {_WINDOW}, which is sloth's own default; its file doesn't say")
    return checked_objective(slo, "objective", objective)


def _indicator(sli: Fields, spelt: _Spelling) -> Indicator:
    mistakes = Mistakes()
    events = raw = found = None
    with mistakes:
        if events := sli.fields("events"):
            found = _of_events(events, spelt("error_query"), spelt("total_query"))
    with mistakes:
        if raw := sli.fields("raw"):
            found = _of_ratio(raw, spelt("error_ratio_query"))
    with mistakes:
        if events and raw:
            raise sli.error("raw", "beside events, expected one of the two")
    with mistakes:
        if sli.value("plugin") is not None:
            what = "an SLI plugin, which is code, expected events or raw: write the query that the plugin gives"
            raise sli.error("plugin", what)
    mistakes.check(sli)
    if found is None:
        raise sli.missing("events", "events or raw")
    return found


def _of_events(events: Fields, of_bad: str, of_all: str) -> Indicator:
    mistakes = Mistakes()
    with mistakes:
        bad = _query(events, of_bad)
    with mistakes:
        total = _query(events, of_all)
    mistakes.check(events)
    return _said(events, of_bad, lambda: indicator.from_bad(bad, total))


def _of_ratio(raw: Fields, key: str) -> Indicator:
    ratio = _query(raw, key)
    return _said(raw, key, lambda: indicator.from_error_ratio(ratio))


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


@dataclass(frozen=True)
class _Alert:
    """A page or a ticket; its severity is `none` where it is disabled, None where it has none of ours."""

    severity: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    runbooks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Alerts:
    """What an SLO says of its alerts, of all and of each kind."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    page: _Alert = _Alert()
    ticket: _Alert = _Alert()
    runbooks: tuple[str, ...] = ()

    @property
    def severities(self) -> dict[str, str]:
        """The `alerting` of an SLO file."""
        kinds = {"page": self.page.severity, "ticket": self.ticket.severity}
        return {kind: severity for kind, severity in kinds.items() if severity}


def _alerting(slo: Fields, spelt: _Spelling) -> _Alerts:
    alerting = slo.fields("alerting")
    if alerting is None:
        return _Alerts()
    mistakes = Mistakes()
    alerting.leave("name", why=_NAMED)
    labels, annotations = dict[str, str](), dict[str, str]()
    runbooks: list[str] = []
    kinds = {"page": _Alert(), "ticket": _Alert()}
    with mistakes:
        labels = carried(alerting, "labels", alerting.scalars("labels"))
    with mistakes:
        annotations, found = _annotations(alerting)
        runbooks += found
    for kind in kinds:
        with mistakes:
            if alert := alerting.fields(spelt(f"{kind}_alert")):
                kinds[kind] = _alert(alert)
                runbooks += kinds[kind].runbooks
    mistakes.check(alerting)
    return _Alerts(labels, annotations, kinds["page"], kinds["ticket"], tuple(runbooks))


def _alert(alert: Fields) -> _Alert:
    mistakes = Mistakes()
    with mistakes:
        disabled = alert.boolean("disable")
    with mistakes:
        labels = alert.scalars("labels")
    with mistakes:
        alert.scalars("annotations")
    mistakes.check(alert)
    if disabled:
        alert.leave("labels", "annotations", why="of an alert that is disabled")
        return _Alert("none")
    word = labels.get("severity")
    found = severity(word) if word else None
    if word and not found:
        alert.leave_below("labels", "severity", f"{word!r} is no severity here: critical, high, medium or low")
    annotations, runbooks = _annotations(alert)
    for name in annotations:
        alert.leave_below("annotations", name, _ONE_KIND)
    return _Alert(found, carried(alert, "labels", labels, without=("severity",)), runbooks)


def _annotations(fields: Fields) -> tuple[dict[str, str], tuple[str, ...]]:
    """The annotations that an SLO's alerts can have too, and the runbooks that others link to; the rest is left out."""
    kept: dict[str, str] = {}
    runbooks: list[str] = []
    for name, text in fields.scalars("annotations").items():
        if name in _RUNBOOK and re.fullmatch(r"https?://\S+", text):
            runbooks.append(text)
        elif annotation_fits(name, text):
            kept[name] = text
        else:
            fields.leave_below("annotations", name, OF_ALERTS)
    return kept, tuple(runbooks)
