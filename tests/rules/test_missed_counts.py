"""The tier makes up for counts that were missed: nothing is counted twice, and little is lost, whatever the gap."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack import names
from slostack.rules.tier import LONGEST_GAP, RUNGS
from tests.rules.evaluating import evaluate, expression

PER_SCRAPE = 3.0
PER_MINUTE = 2 * PER_SCRAPE
NOW = 240
"""Minutes."""
LOST_AT_MOST = 10
"""Minutes of a gap whose events may be missing, where Prometheus scraped meanwhile."""


def counted(gap: int, scrapes: str, folder: Path) -> float:
    """What the tier counts `gap` minutes after its last count."""
    counts = " ".join(["30", *(["_x9", "30"] * ((NOW - gap) // 5))])
    series = {'all_total{job="api"}': scrapes, f'{names.EVENTS}{{service="api",slo="success"}}': counts}
    events = evaluate(expression(names.EVENTS), series, f"{NOW}m", folder)
    assert events is not None
    return events


GAPS = range(5, LONGEST_GAP.seconds // 60, 5)


@pytest.mark.parametrize("gap", GAPS)
def test_counts_missed_while_scrapes_went_on(gap: int, tmp_path: Path) -> None:
    events = counted(gap, f"0+{PER_SCRAPE}x{2 * NOW}", tmp_path)
    assert events <= gap * PER_MINUTE * 1.01
    assert events >= (gap - LOST_AT_MOST) * PER_MINUTE * 0.99
    if gap * 60 in {rung.seconds for rung in RUNGS}:
        assert events == pytest.approx(gap * PER_MINUTE, rel=0.01)


@pytest.mark.parametrize("gap", GAPS)
def test_counts_missed_while_prometheus_was_down(gap: int, tmp_path: Path) -> None:
    before, after = (NOW - gap) * 2, 2
    missing = 2 * NOW - before - after
    scrapes = f"0+{PER_SCRAPE}x{before} _x{missing - 1} {(2 * NOW - after) * PER_SCRAPE}+{PER_SCRAPE}x{after}"
    events = counted(gap, scrapes, tmp_path)
    assert gap * PER_MINUTE * 0.93 <= events <= gap * PER_MINUTE * 1.01


def test_after_a_longer_gap_counting_starts_anew(tmp_path: Path) -> None:
    events = counted(LONGEST_GAP.seconds // 60 + 5, f"0+{PER_SCRAPE}x{2 * NOW}", tmp_path)
    assert events == pytest.approx(5 * PER_MINUTE, rel=0.01)
