"""Links to shared runbooks, as links to those that are filled in for the service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from slostack.spec.explain import dotted
from slostack.spec.service import Service
from slostack.spec.signal_alerts import Expanded
from slostack.spec.signal_library import library_signal, signal_names
from slostack.spec.source import KeyPath, Problem, Source


def not_filled_in(source: Source, service: Service, uses: Iterable[Expanded]) -> Iterator[Problem]:
    """Links to shared runbooks of signals that the service doesn't use: it says nothing that they could be filled in
    with."""
    of_others = {library_signal(name).runbook: name for name in signal_names()}
    links: list[tuple[KeyPath, str]] = [(("slos", i, "runbook"), slo.runbook) for i, slo in enumerate(service.slos)]
    links += [(("alerts", i, "runbook"), alert.runbook) for i, alert in enumerate(service.alerts)]
    for use in uses:
        of_others.pop(library_signal(use.signal).runbook, None)
        links += [(use.path, alert.runbook) for alert in use.alerts.values()]
    for path, runbook in links:
        if signal := of_others.get(runbook):
            what = f"{dotted(path)}: runbooks/{runbook}, which is filled in for services with the signal {signal}"
            yield source.problem(path, f"{what}, expected it in `signals`, or another runbook")


def with_filled_runbooks(service: Service, uses: Sequence[Expanded]) -> Service:
    """The service with links to those that are filled in, of several uses of a signal for the first."""
    filled = {library_signal(use.signal).runbook: {"runbook": use.runbook} for use in reversed(uses)}
    return service.model_copy(
        update={
            "slos": tuple(slo.model_copy(update=filled.get(slo.runbook, {})) for slo in service.slos),
            "alerts": tuple(alert.model_copy(update=filled.get(alert.runbook, {})) for alert in service.alerts),
        }
    )
