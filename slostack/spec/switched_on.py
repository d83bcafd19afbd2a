"""A service with the alerts and panels of the signals that it switches on, and with what silences its alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from slostack import names
from slostack.spec.alert import Alert
from slostack.spec.alerting import Severity
from slostack.spec.explain import dotted
from slostack.spec.filled_in import not_filled_in, with_filled_runbooks
from slostack.spec.least_counted import not_counted
from slostack.spec.service import Service
from slostack.spec.signal_alerts import Expanded, expanded
from slostack.spec.slo import Slo
from slostack.spec.source import KeyPath, Problem, Source, describe

_CAUSES_OF_BURNS = ("ServiceDown", "NoInstanceReady", "DatabaseDown")
"""The alerts that silence burns by default, by their names in the library: while one fires, requests fail for it."""
_URGENCY = {severity: -rank for rank, severity in enumerate(get_args(Severity))}


def switched_on(source: Source, service: Service, runbooks: Path | None) -> tuple[Service, list[Problem]]:
    """A service with the alerts and panels of its signals before its own, and what is wrong with them."""
    problems: list[Problem] = []
    uses: list[Expanded] = []
    for use in expanded(service, runbooks):
        if isinstance(use, Expanded):
            uses.append(use)
        else:
            path, error = use
            problems.append(source.problem(path, f"{dotted(path)}: {error.message()}"))
    uses.sort(key=lambda use: source.values[use.path])
    own = {alert.name: ("alerts", index) for index, alert in enumerate(service.alerts)}
    taken: dict[str, KeyPath] = {**own}
    pages = (names.pages_of(slo.name) for slo in service.slos)
    called: dict[str, list[str]] = {name: [name] for name in (*own, *pages)}
    for use in uses:
        for in_library, alert in use.alerts.items():
            if other := taken.get(alert.name):
                what = f"{dotted(use.path)}: its {alert.name} is in {dotted(other)}, too, expected a `prefix`, "
                problems.append(source.problem(use.path, f"{what}another name or `off` in `alerts`"))
            taken.setdefault(alert.name, use.path)
            called.setdefault(in_library, []).append(alert.name)
    problems += _same_titles(source, service, uses)
    severities = _severities(service, uses)
    for path, name, silenced in (*_silencers(service), *_silencers_of(uses)):
        if name not in severities or name == silenced:
            expected = f"another alert of the service, or {names.pages_of('<slo>')} for one of its SLOs that page"
            problems.append(source.problem(path, f"{dotted(path)}: {describe(name)}, expected {expected}"))
        elif _is_less_urgent(severities, name, silenced):
            found = f"{dotted(path)}: {name} is {severities[name]}, {silenced} {severities[silenced]}"
            expected = "a cause of no lower severity, as it is told in the place of what it silences"
            problems.append(source.problem(path, f"{found}, expected {expected}"))
    problems += not_filled_in(source, service, uses)
    problems += not_counted(source, service)
    alerts = tuple(
        _silenced(alert, called, use.silencers[name], severities) for use in uses for name, alert in use.alerts.items()
    )
    panels = tuple(panel for use in uses for panel in use.panels)
    update = {
        "alerts": (*alerts, *service.alerts),
        "panels": (*panels, *service.panels),
        "slos": tuple(_silenced_slo(slo, called, severities) for slo in service.slos),
    }
    return with_filled_runbooks(service.model_copy(update=update), uses), problems


def _same_titles(source: Source, service: Service, uses: list[Expanded]) -> Iterator[Problem]:
    """The graphs that have the title of another one."""
    taken: dict[str, KeyPath] = {panel.title: ("panels", index) for index, panel in enumerate(service.panels)}
    for use in uses:
        for panel in use.panels:
            if other := taken.get(panel.title):
                what = f"{dotted(use.path)}: its graph {describe(panel.title)} is in {dotted(other)}, too, "
                yield source.problem(use.path, f"{what}expected a `prefix` or another title")
            taken.setdefault(panel.title, use.path)


def _silencers(service: Service) -> Iterator[tuple[KeyPath, str, str]]:
    """What the file names as causes, each with its place and what it silences."""
    for index, alert in enumerate(service.alerts):
        for place, name in enumerate(alert.silenced_by):
            yield ("alerts", index, "silenced_by", place), name, alert.name
    for index, slo in enumerate(service.slos):
        for place, name in enumerate(slo.alerting.silenced_by or ()):
            yield ("slos", index, "alerting", "silenced_by", place), name, names.pages_of(slo.name)


def _silencers_of(uses: list[Expanded]) -> Iterator[tuple[KeyPath, str, str]]:
    """The same of what differs from the library's alerts."""
    for use in uses:
        for in_library, silencers in use.silencers.items():
            for place, name in enumerate(silencers):
                path = (*use.path, "alerts", in_library, "silenced_by", place)
                yield path, name, use.alerts[in_library].name


def _severities(service: Service, uses: list[Expanded]) -> dict[str, Severity]:
    """How urgent each alert is, and the pages of each SLO that has some."""
    alerts = (*(alert for use in uses for alert in use.alerts.values()), *service.alerts)
    pages = {
        names.pages_of(slo.name): page for slo in service.slos if slo.pages and (page := slo.alerting.page) != "none"
    }
    return {**{alert.name: alert.severity for alert in alerts}, **pages}


def _is_less_urgent(severities: Mapping[str, Severity], cause: str, silenced: str) -> bool:
    return silenced in severities and _URGENCY[severities[cause]] < _URGENCY[severities[silenced]]


def _silenced(
    alert: Alert, called: Mapping[str, list[str]], others: tuple[str, ...], severities: Mapping[str, Severity]
) -> Alert:
    """A signal's alert with those alerts that silence it and that the service has, by their names there, and others."""
    known = (
        name
        for each in alert.silenced_by
        for name in called.get(each, ())
        if name in severities and name != alert.name and not _is_less_urgent(severities, name, alert.name)
    )
    return alert.model_copy(update={"silenced_by": tuple(dict.fromkeys((*known, *others)))})


def _silenced_slo(slo: Slo, called: Mapping[str, list[str]], severities: Mapping[str, Severity]) -> Slo:
    """An SLO with what silences its alerts where it doesn't say so itself."""
    causes = (name for each in _CAUSES_OF_BURNS for name in called.get(each, ()))
    silenced_by = tuple(name for name in causes if not _is_less_urgent(severities, name, names.pages_of(slo.name)))
    if slo.alerting.silenced_by is not None or not silenced_by:
        return slo
    return slo.model_copy(update={"alerting": slo.alerting.model_copy(update={"silenced_by": silenced_by})})
