"""An outage is what Prometheus saw, not what it missed, and costs what the traffic before it was worth."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack import names
from tests.rules.evaluating import evaluate, expression

IDENTITY = '{service="api",slo="success"}'


def up(series: dict[str, str], folder: Path) -> float | None:
    """The judgement after an hour of evaluations, one every 30 s."""
    return evaluate(expression(names.UP), series, "60m", folder)


def test_a_prometheus_that_just_started_judges_nothing_before_its_first_scrape(tmp_path: Path) -> None:
    for evaluations_missed in (4, 5, 10, 60):
        seen = 120 - evaluations_missed
        series = {'up{job="api"}': f"1x{seen}", f"{names.UP}{IDENTITY}": f"1x{seen}"}
        assert up(series, tmp_path) is None, evaluations_missed


def test_a_short_restart_is_bridged_by_the_scrapes_before_it(tmp_path: Path) -> None:
    assert up({'up{job="api"}': "1x118", f"{names.UP}{IDENTITY}": "1x118"}, tmp_path) == 1


def test_a_target_that_vanished_while_prometheus_went_on_is_down(tmp_path: Path) -> None:
    assert up({'up{job="api"}': "1x60", f"{names.UP}{IDENTITY}": "1x60 0x58"}, tmp_path) == 0


def test_a_count_that_makes_up_for_a_gap_does_not_make_an_outage_dearer(tmp_path: Path) -> None:
    series = {
        f"{names.UP}{IDENTITY}": "1x100 0x20",
        f"{names.EVENTS}{IDENTITY}": "300 " + "_x9 300 " * 9 + "_x9 3600 _x9 300",
    }
    events = evaluate(expression(names.OUTAGE_EVENTS), series, "60m", tmp_path)
    assert events == pytest.approx(300, rel=0.01)
