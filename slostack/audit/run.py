"""The audit of a service: its evidence, by category and by row of the coverage."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from slostack.audit.catalogue import categories, coverage_rows
from slostack.audit.checks import CHECKS, Audited, wanted
from slostack.audit.configured import Configured, configured
from slostack.audit.coverage import cells, parts
from slostack.audit.scorecard import CategoryScore, Scorecard, attested_worth, judged
from slostack.audit.seen import Seen, seen
from slostack.backtest.prometheus import Prometheus
from slostack.spec import Service
from slostack.spec.readiness import NONE


def audit(root: Path, service: Service, prometheus: Prometheus | None, today: date) -> Scorecard:
    """The scorecard of a service of the project at `root`; without a Prometheus of what is configured alone.

    Raises SlostackError where the Prometheus doesn't answer, SpecError where the project's files are wrong.
    """
    of = configured(root, service)
    return scorecard(of, seen(prometheus, of, wanted(of)) if prometheus else None, today)


def scorecard(of: Configured, found: Seen | None, today: date) -> Scorecard:
    """The scorecard by what is configured and what is seen, None where nobody could be asked."""
    service, audited = of.service, Audited(of, found)
    scores = []
    for category, asked in categories().items():
        attestation = service.attested.get(category)
        worth = attested_worth(attestation, today)
        points = tuple(
            judged(
                point.asks,
                CHECKS[point.check](audited, point.of) if point.check else (),
                point.need,
                point.next,
                worth,
            )
            for point in asked.points
            if point.part is None or service.coverage.get(point.part) != NONE
        )
        scores.append(CategoryScore(category, asked.title, points, attestation))
    rows = parts(of)
    without = [asked.title for row, asked in coverage_rows().items() if row not in {part.row for part in rows}]
    return Scorecard(
        service=service.service,
        team=service.team,
        source=found.source if found else None,
        categories=tuple(scores),
        coverage=tuple(cells(part, found) for part in rows),
        without=tuple(without),
    )
