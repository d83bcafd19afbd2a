"""The generated rules on the demo's metrics are silent on an ordinary day. What scenarios raise, the game day plays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slostack import names
from slostack.demo.scenarios import SCENARIOS
from slostack.playing import play
from slostack.rules import render_rules, service_groups
from slostack.spec import SLO_FOLDER, load_service
from tests.unit.demo.scraping import Scraping
from tests.unit.promql import metric_names

ROOT = Path(__file__).parents[3]
ORDINARY_MINUTES = 75
"""Longer than the first hour, which has no chance failures."""
FIRED = 'group by (alertname, slo) (count_over_time(ALERTS{{alertstate="firing"}}[{}s]))'


@pytest.mark.parametrize("service", SCENARIOS)
def test_no_alert_fires_on_an_ordinary_day_from_the_first_scrape_on(service: str, tmp_path: Path) -> None:
    spec = load_service(ROOT / SLO_FOLDER / f"{service}.yaml", ROOT)
    scraping, groups = Scraping(spec), service_groups(spec)
    values = scraping.run(ORDINARY_MINUTES)
    read = {name for group in groups for rule in group.rules for name in metric_names(rule.expr)}
    seconds = ORDINARY_MINUTES * 60 - scraping.interval
    fired = FIRED.format(seconds - 2 * scraping.interval)  # without the moment that has the usual errors
    test = {
        "interval": f"{scraping.interval}s",
        "input_series": [
            {"series": series, "values": " ".join(points)}
            for series, points in values.items()
            if series.partition("{")[0] in read
        ],
        "promql_expr_test": [{"expr": fired, "eval_time": f"{seconds}s", "exp_samples": []}],
    }
    rules, fixture = tmp_path / "rules.yaml", tmp_path / "fixture.json"
    rules.write_text(render_rules(spec))
    evaluated = str(names.EVALUATION_INTERVAL)
    fixture.write_text(json.dumps({"rule_files": [rules.name], "evaluation_interval": evaluated, "tests": [test]}))
    result = play(fixture)
    assert result.passed, result.output
