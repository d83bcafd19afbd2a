"""The rows of a service's coverage: of each part its health check, its alert and its panel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from slostack import names
from slostack.audit.catalogue import AskedRow, coverage_rows
from slostack.audit.configured import Configured
from slostack.audit.scorecard import CoverageCells, Evidence
from slostack.audit.seen import Seen
from slostack.spec import Selector
from slostack.spec.readiness import NONE, CoverageRow, CoveredPart

_SUFFIXES = ("", "_bucket", "_count", "_sum")
"""A histogram is wanted by its base name."""


@dataclass(frozen=True)
class Part:
    """A row with what of the service reads it: selectors of alerts, of SLOs that alert, of panels by their titles, and
    of anything at all. `told` is whether the service has it by its file; else the series alone can tell."""

    row: CoverageRow
    title: str
    next: str
    told: bool
    alerting: tuple[Selector, ...]
    panels: Mapping[str, tuple[Selector, ...]]
    measured: tuple[Selector, ...]


def parts(of: Configured) -> tuple[Part, ...]:
    """The parts that the service may have, by the library and by its `coverage`."""
    return tuple(
        _part(of, row, asked, own if isinstance(own, CoveredPart) else None)
        for row, asked in coverage_rows().items()
        if (own := of.service.coverage.get(row)) != NONE
    )


def present(of: Configured, seen: Seen | None) -> tuple[Part, ...]:
    """Those that it has: that every service has, that its `coverage` names, that something configured is about, or that
    series tell of."""
    return tuple(part for part in parts(of) if part.told or (seen and there(part.measured, seen)))


def cells(part: Part, seen: Seen | None) -> CoverageCells:
    """A row with its three cells."""
    shown = [
        shows(title, read, seen) if there(read, seen) is not False else False for title, read in part.panels.items()
    ]
    return CoverageCells(
        row=part.row,
        title=part.title,
        next=part.next,
        health=Evidence(f"{part.title}: health check", bool(part.measured), there(part.measured, seen)),
        alert=Evidence(f"{part.title}: alert", bool(part.alerting), there(part.alerting, seen)),
        panel=Evidence(f"{part.title}: panel", bool(part.panels), _any(shown)),
    )


def shows(title: str, read: Iterable[Selector], seen: Seen | None) -> bool | None:
    """Whether a panel that reads some series showed anything; None where nobody could be asked, it draws log lines, of
    which there may be none, or it can't show anything yet."""
    if seen is None or title in seen.waiting:
        return None
    return seen.panels.get(title, False) or (None if _may_be_silent(read) else False)


def _any(found: Iterable[bool | None]) -> bool | None:
    """Whether any of it is there; None where that can't be told."""
    states = {*found}
    return True if True in states else None if None in states else False


def _may_be_silent(selectors: Iterable[Selector]) -> bool:
    """Whether log lines are read: a count of them has no series while no line is to be counted."""
    return any(each.metric == names.LOG_LINES for each in selectors)


def there(selectors: Iterable[Selector], seen: Seen | None) -> bool | None:
    """Whether any of some series is there; None where nobody could be asked, or silence tells nothing."""
    wanted = tuple(selectors)
    if seen is None:
        return None
    return any(seen.series.get(str(each), False) for each in wanted) or (None if _may_be_silent(wanted) else False)


def _part(of: Configured, row: CoverageRow, asked: AskedRow, own: CoveredPart | None) -> Part:
    if own and own.series:
        asked = AskedRow(title=asked.title, next=asked.next, series=own.series)
    wanted = asked.series
    signals = [read for name in asked.signals for read in of.signals.get(name, ())]
    signals += [read for alert in of.alerts if alert.known_as in asked.alerts for read in alert.selectors]
    slos = {slo.name: slo for slo in of.slos}
    of_kind = {slo.name for slo in of.slos if slo.kind in asked.kinds}
    measures = {
        name: _of(slos[name].selectors, wanted) or (slos[name].selectors if name in of_kind else ()) for name in slos
    }

    def read(selectors: Iterable[Selector]) -> tuple[Selector, ...]:
        selectors = tuple(selectors)
        return (*_of(selectors, wanted), *(each for each in selectors if each in signals))

    alerting = [each for alert in of.alerts for each in read(alert.selectors)]
    alerting += [each for name, found in measures.items() if slos[name].alerts for each in found]
    panels = {
        panel.title: found
        for panel in of.panels
        if (
            found := (*read(panel.selectors), *(each for name in sorted(panel.slos) for each in measures.get(name, ())))
        )
    }
    measured = [*alerting, *(each for found in (*measures.values(), *panels.values()) for each in found)]
    measured += _of(of.probed, wanted)
    written = {each for alert in of.alerts for each in alert.selectors} | {*of.probed}
    written |= {each for slo in of.slos for each in slo.selectors}
    written |= {each for panel in of.panels for each in panel.selectors}
    told = asked.always or own is not None or not written.isdisjoint(measured)
    title = own.name if own and own.name else asked.title
    return Part(row, title, asked.next, told, _once(alerting), panels, _once(measured))


def _of(selectors: Iterable[Selector], wanted: Iterable[Selector]) -> tuple[Selector, ...]:
    """Selectors narrowed to what is wanted, where they read it."""
    return tuple(_narrowed(selectors, tuple(wanted)))


def _narrowed(selectors: Iterable[Selector], wanted: tuple[Selector, ...]) -> Iterator[Selector]:
    for selector in selectors:
        for want in wanted:
            values = {matcher.label: matcher.value for matcher in want.matchers}
            reads = all(m.selects(values[m.label]) for m in selector.matchers if m.label in values)
            if selector.metric in {f"{want.metric}{suffix}" for suffix in _SUFFIXES} and reads:
                yield selector.where(*(matcher for matcher in want.matchers if matcher not in selector.matchers))


def _once(selectors: Iterable[Selector]) -> tuple[Selector, ...]:
    return tuple(dict.fromkeys(selectors))
