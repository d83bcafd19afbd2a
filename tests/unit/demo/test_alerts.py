"""The generated rules on the demo's metrics: silent on an ordinary day, and each scenario raises what it names."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from slostack import names, promtool
from slostack.demo.scenarios import SCENARIOS, Scenario
from slostack.rules import service_groups
from slostack.rules.model import AlertingRule, RuleGroup, rules_yaml
from slostack.spec import SLO_FOLDER, Duration, Service, load_service
from tests.unit.demo.scraping import Scraping, Values
from tests.unit.promql import metric_names

ROOT = Path(__file__).parents[3]
HEALTHY_MINUTES = 15
BROKEN_MINUTES = 25
ORDINARY_MINUTES = 75
"""Longer than the first hour, which has no chance failures."""
FAR = Duration(3 * 3600)
"""A past beyond it is evaluated seldom, and scraped twice meanwhile."""
SELDOM = Duration(300)
ALL = [(service, scenario) for service, scenarios in SCENARIOS.items() for scenario in scenarios.values()]

FIRED = 'group by (alertname, slo) (count_over_time(ALERTS{{alertstate="firing"}}[{}s]))'

Expectations = dict[str, list[dict[str, object]]]


@cache
def spec(service: str) -> Service:
    return load_service(ROOT / SLO_FOLDER / f"{service}.yaml", ROOT)


@cache
def healthy(service: str) -> Scraping:
    return Scraping(spec(service)).after(HEALTHY_MINUTES)


def fixture(
    folder: Path, groups: list[RuleGroup], values: Values, interval: int, evaluated: str, expectations: Expectations
) -> Path:
    """A promtool fixture of the series that rules read, and what the expressions should give at their end."""
    folder.mkdir(exist_ok=True)
    (folder / "rules.yaml").write_text(rules_yaml(tuple(groups), "a part of the SLO file"), encoding="utf-8")
    read = {name for group in groups for rule in group.rules for name in metric_names(rule.expr)}
    test = {
        "interval": f"{interval}s",
        "input_series": [
            {"series": series, "values": " ".join(points)}
            for series, points in values.items()
            if series.partition("{")[0] in read
        ],
        "promql_expr_test": [
            {"expr": expr, "eval_time": f"{_end(values) * interval}s", "exp_samples": expected}
            for expr, expected in expectations.items()
        ],
    }
    path = folder / "fixture.json"
    path.write_text(
        json.dumps({"rule_files": ["rules.yaml"], "evaluation_interval": evaluated, "tests": [test]}), encoding="utf-8"
    )
    return path


def _end(values: Values) -> int:
    """The number of the last interval, as any series tells."""
    points = " ".join(next(iter(values.values()))).split(" ")
    return sum(int(point.rpartition("x")[2]) + ("_" not in point) if "x" in point else 1 for point in points) - 1


def groups_of(service: Service, alerts: list[str]) -> list[RuleGroup]:
    """The rules that raise the alerts: those of the SLOs that they are about or read, and of the alerts themselves."""
    threshold = {alert for alert in alerts if " " not in alert}
    slos = {alert.partition(" ")[2] for alert in alerts} - {""}
    of_alerts = []
    for group in service_groups(service):
        rules = tuple(rule for rule in group.rules if isinstance(rule, AlertingRule) and rule.alert in threshold)
        if group.name.startswith("alerts/") and rules:
            of_alerts.append(RuleGroup(group.name, group.interval, rules, group.labels))
            slos |= {slo for rule in rules for slo in re.findall(rf'{names.SLO}="([^"]+)"', rule.expr)}
    return [group for group in service_groups(service) if group.name.split("/")[-1] in slos] + of_alerts


def reaches_back(service: Service, alert: str) -> int:
    """How far an alert looks back from now at least, in seconds; of several weeks one is enough."""
    expr = next((str(each.expr) for each in service.alerts if each.name == alert), "")
    return min((Duration.parse(found).seconds for found in re.findall(r"offset (\d+[hdw])", expr)), default=0)


@pytest.mark.parametrize(
    ("service", "scenario"), ALL, ids=lambda each: each.name if isinstance(each, Scenario) else each
)
def test_a_scenario_raises_the_alerts_that_it_names(service: str, scenario: Scenario, tmp_path: Path) -> None:
    played = healthy(service).after(BROKEN_MINUTES, scenario.name)
    by_past: dict[int, list[str]] = defaultdict(list)
    for alert in scenario.alerts:
        by_past[reaches_back(spec(service), alert)].append(alert)
    for past, alerts in by_past.items():
        expectations: Expectations = {}
        for alert in alerts:
            name, _, slo = alert.partition(" ")
            matchers = f'alertname="{name}",alertstate="firing"' + (
                f',{names.SLO}="{slo}",{names.TIER}=~"page-.+"' if slo else ""
            )
            expectations[f"group(count_over_time(ALERTS{{{matchers}}}[1d]))"] = [{"labels": "{}", "value": 1}]
        scraped, values = played, played.values
        if past:
            factor = max(SELDOM.seconds // played.interval // 2, 1) if past > FAR.seconds else 1
            before, scraped = healthy(service).thinned(factor), played.thinned(factor)
            values = {
                series: [before.past(series, past), *points]
                for series, points in scraped.values.items()
                if series in before.values
            }
        evaluated = str(SELDOM if past > FAR.seconds else names.EVALUATION_INTERVAL)
        file = fixture(
            tmp_path / str(past), groups_of(spec(service), alerts), values, scraped.interval, evaluated, expectations
        )
        result = promtool.test_rules(file)
        assert result.passed, result.output


@pytest.mark.parametrize("service", SCENARIOS)
def test_no_alert_fires_on_an_ordinary_day_from_the_first_scrape_on(service: str, tmp_path: Path) -> None:
    played = Scraping(spec(service)).after(ORDINARY_MINUTES)
    fired = FIRED.format((_end(played.values) - 2) * played.interval)  # without the moment that has the usual errors
    groups = list(service_groups(spec(service)))
    file = fixture(tmp_path, groups, played.values, played.interval, str(names.EVALUATION_INTERVAL), {fired: []})
    result = promtool.test_rules(file)
    assert result.passed, result.output
