"""The tier makes up for counts that were missed: nothing is counted twice, and little is lost, whatever the gap."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack import names
from slostack.rules.uncounted import LONGEST_GAP
from tests.rules.evaluating import evaluate, expression

PER_SCRAPE = 3.0
PER_MINUTE = 2 * PER_SCRAPE
NOW = 240
"""Minutes."""


def counted(gap: int, scrapes: str, folder: Path) -> float:
    """What the tier counts `gap` minutes after its last count."""
    counts = " ".join(["30", *(["_x9", "30"] * ((NOW - gap) // 5))])
    series = {'all_total{job="api"}': scrapes, f'{names.EVENTS}{{service="api",slo="success"}}': counts}
    uncounted = {names.UNCOUNTED: expression(names.UNCOUNTED)}
    events = evaluate(expression(names.EVENTS), series, f"{NOW}m", folder, recorded=uncounted)
    assert events is not None
    return events


GAPS = range(5, LONGEST_GAP.seconds // 60, 5)


@pytest.mark.parametrize("gap", GAPS)
def test_counts_missed_while_scrapes_went_on(gap: int, tmp_path: Path) -> None:
    events = counted(gap, f"0+{PER_SCRAPE}x{2 * NOW}", tmp_path)
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


def test_each_label_set_makes_up_for_its_own_gap(tmp_path: Path) -> None:
    routes = {"/late": 20, "/new": 5}
    series = {
        f'{names.GROUP_ADMITTED}{{service="api",slo="success",route="{route}"}}': f"1x{2 * NOW}" for route in routes
    }
    for route, gap in routes.items():
        counts = " ".join(["30", *(["_x9", "30"] * ((NOW - gap) // 5))])
        series[f'all_total{{job="api",route="{route}"}}'] = f"0+{PER_SCRAPE}x{2 * NOW}"
        series[f'{names.EVENTS}{{service="api",slo="success",route="{route}"}}'] = counts
    uncounted = {names.UNCOUNTED: expression(names.UNCOUNTED, "route")}
    for route, gap in routes.items():
        this_one = f'label_replace(vector(1), "route", "{route}", "", "")'
        of_it = f"sum(({expression(names.EVENTS, 'route')}) and on (route) {this_one})"
        events = evaluate(of_it, series, f"{NOW}m", tmp_path, recorded=uncounted)
        assert events == pytest.approx(gap * PER_MINUTE, rel=0.01), route
