"""What audits ask for, as data: it is whole, and names checks and signals that there are."""

from __future__ import annotations

import re

from slostack.audit.catalogue import categories, coverage_rows
from slostack.audit.checks import CHECKS
from slostack.spec.readiness import CATEGORIES, COVERAGE_ROWS
from slostack.spec.signal_library import signal_library
from slostack.spec.sli import KINDS

LIBRARY = {f"{signal.name}/{alert.name}" for signal in signal_library().values() for alert in signal.alerts}


def test_there_are_the_ten_categories_and_the_twelve_rows() -> None:
    assert tuple(categories()) == CATEGORIES
    assert tuple(coverage_rows()) == COVERAGE_ROWS
    assert (len(CATEGORIES), len(COVERAGE_ROWS)) == (10, 12)


def test_every_check_is_there_and_asked_for() -> None:
    points = [point for asked in categories().values() for point in asked.points]
    assert {point.check for point in points if point.check} == set(CHECKS)


def test_every_alert_and_kind_of_sli_that_is_named_is_there() -> None:
    for asked in categories().values():
        for point in asked.points:
            known = {"alerts": LIBRARY, "error_alerts": LIBRARY, "slos": set(KINDS)}.get(point.check or "")
            assert known is None or set(point.of) <= known, point.asks
    for row in coverage_rows().values():
        assert set(row.signals) <= set(signal_library())
        assert set(row.kinds) <= set(KINDS)
        assert row.series or row.signals or row.kinds
    named = {signal for row in coverage_rows().values() for signal in re.findall(r"signal `(\w+)`", row.next)}
    assert named <= set(signal_library())
