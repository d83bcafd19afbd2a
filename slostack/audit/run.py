"""The audit of a service: its evidence, by category and by row of the coverage."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from slostack.audit.catalogue import AskedPoint, categories, coverage_rows
from slostack.audit.checks import CHECKS, Audited, coverage, wanted
from slostack.audit.configured import Configured, configured
from slostack.audit.coverage import cells, present
from slostack.audit.scorecard import CategoryScore, CoverageCells, Scorecard, attested_worth, judged
from slostack.audit.seen import Seen, seen
from slostack.backtest.prometheus import Prometheus
from slostack.spec import Service


def audit(root: Path, service: Service, prometheus: Prometheus | None, today: date) -> Scorecard:
    """The scorecard of a service of the project at `root`; without a Prometheus of what is configured alone.

    Raises SlostackError where the Prometheus doesn't answer, SpecError where the project's files are wrong.
    """
    of = configured(root, service)
    return scorecard(of, seen(prometheus, of, wanted(of)) if prometheus else None, today)


def scorecard(of: Configured, found: Seen | None, today: date) -> Scorecard:
    """The scorecard by what is configured and what is seen, None where nobody could be asked."""
    service, audited = of.service, Audited(of, found)
    rows = tuple(cells(part, found) for part in present(of, found))
    rows_there = {row.row for row in rows}
    scores = []
    for category, asked in categories().items():
        attestation = service.attested.get(category)
        worth = attested_worth(attestation, today)
        points = tuple(
            judged(
                point.asks,
                CHECKS[point.check](audited, point.of) if point.check else (),
                point.need,
                _next(point, rows),
                worth,
                point.no_data,
            )
            for point in asked.points
            if point.part is None or point.part in rows_there
        )
        scores.append(CategoryScore(category, asked.title, points, attestation))
    absent = {row: asked.title for row, asked in coverage_rows().items() if row not in rows_there}
    return Scorecard(
        service=service.service,
        team=service.team,
        source=found.source if found else None,
        categories=tuple(scores),
        coverage=rows,
        without=tuple(title for row, title in absent.items() if row in service.coverage),
        untold=tuple(title for row, title in absent.items() if row not in service.coverage),
        waiting=found.waiting if found else {},
    )


def _next(point: AskedPoint, rows: Iterable[CoverageCells]) -> str:
    """What to do about a point; about that of the coverage, what each row wants that has an empty cell."""
    if point.check != coverage.__name__:
        return point.next
    wanted = [f"{row.title}: {_wants(row)}" for row in rows if any(not cell.worth for cell in row.cells)]
    return "; ".join([*wanted, point.next])


def _wants(row: CoverageCells) -> str:
    missing = any(cell.state == "missing" for cell in row.cells)
    return row.next if missing else "expose what its health check, alert and panel read"
