"""A report of some days, from what a Prometheus recorded of SLOs and of its own alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from slostack.backtest.budget import remaining, spent_within
from slostack.backtest.detections import detection
from slostack.backtest.fetch import limits
from slostack.backtest.found import concatenated
from slostack.backtest.history import History
from slostack.backtest.incidents import Incident
from slostack.backtest.model import Span as Time
from slostack.backtest.model import together
from slostack.backtest.prometheus import Prometheus
from slostack.backtest.recorded import HOUR, Span
from slostack.backtest.source import PrometheusSource
from slostack.backtest.subjects import Version
from slostack.errors import SlostackError
from slostack.report.burn import began, spent
from slostack.report.fired import Fired, fired
from slostack.report.model import Page, Report, ServiceReport, SloReport
from slostack.rules.page import AGAIN_WITHIN, SHORT
from slostack.spec import Service, Slo

BEFORE = 24 * HOUR
"""How long before the report's time the burn of a page in it may have begun."""
Histories = Mapping[str, tuple[History, ...]]
"""Of each SLO by its name, one per label set."""


@dataclass(frozen=True)
class _Recorded:
    """What was recorded of a service: of its SLOs from `BEFORE` on, and what fired."""

    service: Service
    histories: Histories
    firings: tuple[Fired, ...]
    span: Span


def report(
    services: Sequence[Service],
    prometheus: Prometheus,
    span: Span,
    least: float,
    incidents: Sequence[Incident] = (),
    told: Callable[[int, int, str], None] = lambda *_: None,
) -> Report:
    """The report of services over a span. Pages that spend less than the share `least` of a budget are noise.

    `told` is called before each service with its number, how many there are, and its name. Raises SlostackError where
    Prometheus doesn't answer, or has nothing of any of them.
    """
    found: list[ServiceReport] = []
    silent: list[str] = []
    for number, service in enumerate(services):
        told(number, len(services), service.service)
        recorded = _recorded(service, prometheus, span)
        if any(recorded.histories.values()) or recorded.firings:
            found.append(_service(recorded, incidents))
        else:
            silent.append(service.service)
    if not found:
        raise SlostackError(
            f"{prometheus.shown} has nothing of {', '.join(silent)} in that time, expected what their rules record"
        )
    return Report(prometheus.shown, span.start / 1000, span.end / 1000, least, tuple(found), tuple(silent))


def _recorded(service: Service, prometheus: Prometheus, span: Span) -> _Recorded:
    earlier = Span(span.start - BEFORE, span.end)
    histories = {slo.name: _histories(service, slo, prometheus, earlier) for slo in service.slos}
    evaluated = concatenated([each.evaluated for found in histories.values() for each in found])
    return _Recorded(service, histories, fired(prometheus, service, earlier, evaluated), span)


def _histories(service: Service, slo: Slo, prometheus: Prometheus, span: Span) -> tuple[History, ...]:
    """Read closely where the short window exceeds the budget, so that the beginning of a burn is there."""
    version = Version(service, slo)
    limit = limits([version]).get(SHORT, slo.budget)
    source = PrometheusSource(prometheus, span, below=min(slo.budget / limit, 1.0))
    return source.histories([version], version)


def _service(recorded: _Recorded, incidents: Iterable[Incident]) -> ServiceReport:
    service, span = recorded.service, recorded.span
    pages = tuple(page for page in _pages(recorded) if page.start * 1000 > span.start)
    firings = [each.firing for each in recorded.firings]
    return ServiceReport(
        service=service.service,
        team=service.team,
        slos=tuple(_slo(slo, recorded.histories[slo.name], span, pages) for slo in service.slos),
        pages=pages,
        detections=tuple(
            detection(incident, firings)
            for incident in incidents
            if incident.service == service.service and _touches(incident, span)
        ),
    )


def _touches(incident: Incident, span: Span) -> bool:
    return incident.end.timestamp() * 1000 > span.start and incident.start.timestamp() * 1000 <= span.end


def _slo(slo: Slo, histories: Sequence[History], span: Span, pages: Iterable[Page]) -> SloReport:
    known = [left[~np.isnan(left)] for each in histories for left in [remaining(slo, each)]]
    burned = [spent_within(slo, each, span.start, span.end) for each in histories]
    return SloReport(
        slo=slo.name,
        objective=slo.objective,
        window=str(slo.window),
        left=min((float(left[-1]) for left in known if len(left)), default=None),
        spent=max((share for share in burned if share is not None), default=None),
        pages=sum(page.subject == slo.name for page in pages),
    )


def _pages(recorded: _Recorded) -> Iterator[Page]:
    """Of each SLO and each alert, those that fire together as one."""
    by_subject: dict[str, list[Fired]] = {}
    for each in recorded.firings:
        if each.firing.is_page:
            by_subject.setdefault(each.slo or each.firing.alert, []).append(each)
    pages = [page for subject, found in by_subject.items() for page in _pages_of(recorded, subject, found)]
    yield from sorted(pages, key=lambda page: page.start)


def _pages_of(recorded: _Recorded, subject: str, found: Sequence[Fired]) -> Iterator[Page]:
    before = float("-inf")
    for time in together(each.firing for each in found):
        end = None if time.end == float("inf") else time.end
        names = dict.fromkeys(f.firing.name for f in found if time.start <= f.firing.start <= time.end)
        again = time.start - before < AGAIN_WITHIN.seconds
        pending = min(f.since for f in found if f.firing.start == time.start)
        page = Page(subject, tuple(names), time.start, end, again=again)
        yield _judged(recorded, page, found[0].slo, pending)
        before = time.end


def _judged(recorded: _Recorded, page: Page, slo_of: str, pending: float) -> Page:
    """A page with the beginning of what it tells of, and what was spent; `pending` is since when its condition held."""
    end = recorded.span.end / 1000 if page.end is None else page.end
    slos = [slo for slo in recorded.service.slos if slo_of in ("", slo.name)]
    burns = [start for slo in slos if (start := began(slo, recorded.histories[slo.name], page.start)) is not None]
    start = pending if not slo_of and pending < page.start else max(burns, default=None)
    during = Time(page.start if start is None else start, end)
    shares = [share for slo in slos if (share := spent(slo, recorded.histories[slo.name], during)) is not None]
    return replace(page, began=start, spent=max(shares, default=None))
