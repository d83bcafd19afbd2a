"""The generated rules on the demo's metrics: silent on an ordinary day, and each scenario raises what it names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slostack import names, promtool
from slostack.demo.scenarios import SCENARIOS, Scenario
from slostack.rules import render_rules
from slostack.rules.model import rules_yaml
from slostack.rules.service import service_groups
from slostack.spec import SLO_FOLDER, load_service
from tests.unit.demo.playing import SERVICE, Play, samples

ROOT = Path(__file__).parents[3]
LEARNSNAP = load_service(ROOT / SLO_FOLDER / f"{SERVICE}.yaml", ROOT)
SCRAPE_INTERVAL = 15
HEALTHY_MINUTES = 15
BROKEN_MINUTES = 25
ORDINARY_MINUTES = 75
"""Longer than the first hour, which has no chance failures."""

FIRED = 'group by (alertname, slo) (count_over_time(ALERTS{alertstate="firing"}[1d]))'


def series(
    play: Play, minutes: int, *scenarios: str, values: dict[str, list[str]] | None = None
) -> dict[str, list[str]]:
    """What Prometheus would have scraped, by series, in promtool's notation; goes on where `values` end."""
    scraped = values or {}
    count = max(map(len, scraped.values()), default=0)
    for _ in range(minutes * 60 // SCRAPE_INTERVAL):
        play.run(SCRAPE_INTERVAL, *scenarios, step=5)
        answers = play.service.conditions.answers
        found = {_series("up", {}): float(answers)}
        if answers:
            found |= {_series(sample.name, sample.labels): sample.value for sample in samples(play.families())}
        for name in scraped.keys() | found.keys():
            past = scraped.setdefault(name, ["_"] * count)
            past.append(f"{found[name]:.15g}" if name in found else "stale")
        count += 1
    return scraped


def _series(name: str, labels: dict[str, str]) -> str:
    all_labels = {"job": SERVICE, "instance": "demo", **labels}
    return name + "{" + ",".join(f"{key}={json.dumps(value)}" for key, value in all_labels.items()) + "}"


def fixture(
    folder: Path, rules: str, values: dict[str, list[str]], expectations: dict[str, list[dict[str, object]]]
) -> Path:
    """A promtool fixture of the series and what the expressions should give at their end."""
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    end = (max(map(len, values.values())) - 1) * SCRAPE_INTERVAL
    test = {
        "interval": f"{SCRAPE_INTERVAL}s",
        "input_series": [{"series": name, "values": " ".join(points)} for name, points in values.items()],
        "promql_expr_test": [
            {"expr": expr, "eval_time": f"{end}s", "exp_samples": expected} for expr, expected in expectations.items()
        ],
    }
    path = folder / "fixture.json"
    path.write_text(
        json.dumps({"rule_files": ["rules.yaml"], "evaluation_interval": "30s", "tests": [test]}), encoding="utf-8"
    )
    return path


def rules_of(alerts: tuple[str, ...]) -> str:
    """The service's rules without those of SLOs that none of the alerts is about."""
    slos = {slo for _, _, slo in (alert.partition(" ") for alert in alerts) if slo}
    groups = [g for g in service_groups(LEARNSNAP) if g.name.startswith("alerts/") or g.name.split("/")[-1] in slos]
    return rules_yaml(tuple(groups), "a part of the SLO file")


@pytest.mark.parametrize("scenario", SCENARIOS[SERVICE].values(), ids=lambda scenario: scenario.name)
def test_a_scenario_raises_the_alerts_that_it_names(scenario: Scenario, tmp_path: Path) -> None:
    play = Play()
    values = series(play, BROKEN_MINUTES, scenario.name, values=series(play, HEALTHY_MINUTES))
    expectations: dict[str, list[dict[str, object]]] = {}
    for alert in scenario.alerts:
        name, _, slo = alert.partition(" ")
        matchers = f'alertname="{name}",alertstate="firing"' + (
            f',{names.SLO}="{slo}",{names.TIER}=~"page-.+"' if slo else ""
        )
        expectations[f"group(count_over_time(ALERTS{{{matchers}}}[1d]))"] = [{"labels": "{}", "value": 1}]
    result = promtool.test_rules(fixture(tmp_path, rules_of(scenario.alerts), values, expectations))
    assert result.passed, result.output


def test_no_alert_fires_on_an_ordinary_day_from_the_first_scrape_on(tmp_path: Path) -> None:
    values = series(Play(), ORDINARY_MINUTES)
    result = promtool.test_rules(fixture(tmp_path, render_rules(LEARNSNAP), values, {FIRED: []}))
    assert result.passed, result.output
