"""The figures of a report in words, for every format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slostack.approximately import duration
from slostack.backtest import words
from slostack.backtest.words import NO
from slostack.report.model import Page, Report, ServiceReport, SloReport, median_detected

PAGE_HEAD = ("page", "began (UTC)", "lasted", "found after", "budget spent", "noise")
INCIDENT_HEAD = ("known incident", "began (UTC)", "lasted", "told by")


@dataclass(frozen=True)
class Table:
    """A table of text."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def title(report: Report) -> str:
    """What it is of."""
    return f"{words.day(report.start)} to {words.day(report.end)} UTC"


def source(report: Report) -> str:
    """Where it is from, and what noise is."""
    return f"From {report.source}. A page is noise that spent less than {report.least:.2%} of a budget, or came again."


def silent(report: Report) -> str:
    """The services of which nothing was recorded; empty where there is none."""
    return f"nothing was recorded of {', '.join(report.silent)}" if report.silent else ""


def summary(report: Report, service: ServiceReport) -> str:
    """Its pages, incidents, how soon they were found, and noise, in one line."""
    if not service.pages:
        return "no page"
    incidents = len(service.incidents)
    noise = sum(page.is_noise(report.least) for page in service.pages)
    parts = [
        f"{_counted(len(service.pages), 'page')} in {_counted(incidents, 'incident')} "
        f"({len(service.pages) / incidents:.1f} an incident)",
        f"{noise} of them noise ({noise / len(service.pages):.0%})",
    ]
    if (after := median_detected(service.pages)) is not None:
        longest = max(page.detected for page in service.pages if page.detected is not None)
        parts.append(f"found after {duration(after)} (median), {duration(longest)} at most")
    return ", ".join(parts)


def slos(report: Report, service: ServiceReport) -> Table:
    """Its SLOs with their budgets."""
    head = ("SLO", "objective", "budget left", f"spent in {duration(report.end - report.start)}", "pages")
    return Table(head, tuple(map(_slo, service.slos)))


def pages(report: Report, service: ServiceReport) -> Table:
    """Its pages in their order."""
    return Table(PAGE_HEAD, tuple(_page(page, report) for page in service.pages))


def incidents(service: ServiceReport) -> Table:
    """The known incidents."""
    rows = [
        (
            each.incident.title,
            words.moment(start := each.incident.start.timestamp()),
            duration(each.incident.end.timestamp() - start),
            words.detection(each),
        )
        for each in service.detections
    ]
    return Table(INCIDENT_HEAD, tuple(rows))


def tables(report: Report, service: ServiceReport) -> Sequence[Table]:
    """All its tables that have rows."""
    return [table for table in (slos(report, service), pages(report, service), incidents(service)) if table.rows]


def _slo(slo: SloReport) -> tuple[str, ...]:
    objective = f"{slo.objective:.12g} % / {slo.window}"
    return slo.slo, objective, words.share(slo.left), words.share(slo.spent), str(slo.pages)


def _page(page: Page, report: Report) -> tuple[str, ...]:
    tiers = [name for name in page.fired if name != page.subject]
    name = f"{page.subject} ({', '.join(tiers)})" if tiers else page.subject
    lasted = f"{duration(report.end - page.start)}, still" if page.end is None else duration(page.end - page.start)
    found = NO if page.detected is None else duration(page.detected)
    spent = NO if page.spent is None else f"{page.spent:.2%}"
    return name, words.moment(page.start), lasted, found, spent, _noise(page, report.least)


def _noise(page: Page, least: float) -> str:
    if page.again:
        return "again within the hour"
    return "little was spent" if page.is_noise(least) else NO


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
