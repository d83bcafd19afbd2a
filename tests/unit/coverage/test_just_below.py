"""Silence in a fixture is just below a threshold: with a threshold an eighth laxer each alert would break it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml, promtool
from slostack.rules.model import AlertingRule, Rule, rules_yaml
from slostack.rules.service import alert_groups
from tests.rules.expectations import Expectation, expectations
from tests.unit.coverage.answers import services

_THRESHOLD = re.compile(r"(>=|<=|>|<)(\s*\(?)(\d[\d.]*(?:e[+-]?\d+)?)(?![\w\[])")


def laxer(expr: str) -> str:
    """An alert's expression with its thresholds an eighth easier to reach; whole ones that are enough, by 1."""

    def lax(found: re.Match[str]) -> str:
        operator, space, number = found[1], found[2], float(found[3])
        eased = number * (7 / 8 if operator.startswith(">") else 9 / 8)
        whole = operator == ">=" and number == int(number) > 0
        return f"{operator}{space}{number - 1 if whole else eased:.12g}"

    return _THRESHOLD.sub(lax, expr)


def test_thresholds_are_eased() -> None:
    assert laxer("sum(x) / sum(y) > 0.08") == "sum(x) / sum(y) > 0.07"
    assert laxer('x{a=~"5.."} < (1 - 0.2) * y offset 1d') == 'x{a=~"5.."} < (1.125 - 0.2) * y offset 1d'
    assert laxer("count_over_time(x[5m]) >= 5 and x == 0") == "count_over_time(x[5m]) >= 4 and x == 0"
    assert laxer("max(x) > 0 or x > y") == "max(x) > 0 or x > y"


@pytest.mark.parametrize("service", services())
def test_with_a_laxer_threshold_an_alert_fires_where_a_fixture_has_it_silent(service: str, tmp_path: Path) -> None:
    (group,) = alert_groups(services()[service])
    eased = {
        rule.alert: replace(rule, expr=laxer(rule.expr))
        for rule in group.rules
        if isinstance(rule, AlertingRule) and laxer(rule.expr) != rule.expr
    }
    recorded = tuple(rule for rule in group.rules if not isinstance(rule, AlertingRule))
    silences: dict[tuple[Path, int], list[Expectation]] = defaultdict(list)
    for each in expectations():
        if each.alert.rule_file.stem == service and each.alert.name in eased and not each.fires:
            silences[each.fixture, each.case].append(each)
    broken: set[str] = set()
    for case, silent in silences.items():
        if asked := [each for each in silent if each.alert.name not in broken]:
            rules: tuple[Rule, ...] = (*recorded, *(eased[name] for name in {each.alert.name for each in asked}))
            (tmp_path / "rules.yaml").write_text(rules_yaml((replace(group, rules=rules),), "a test"))
            (tmp_path / "fixture.yaml").write_text(plain_yaml.dump(_silent(*case, asked)))
            output = promtool.test_rules(tmp_path / "fixture.yaml").output
            broken |= set(re.findall(r'got:.*alertname="(\w+)"', output))
    assert eased.keys() - broken == set()


def _silent(fixture: Path, number: int, asked: list[Expectation]) -> dict[str, Any]:
    """A fixture of one case of another, with nothing but its silences."""
    data = plain_yaml.load(fixture.read_text(encoding="utf-8"))
    if "cases" in data:
        case = data["cases"][number]
        series = [{"series": name, "values": values} for name, values in (case.get("series") or {}).items()]
        every = case.get("every", "1m")
    else:
        series, every = data["tests"][number]["input_series"], data["tests"][number].get("interval", "1m")
    questions = [
        {
            "expr": f'group by (alertname) (ALERTS{{alertname="{each.alert.name}",alertstate="firing"}})',
            "eval_time": f"{each.at}s",
            "exp_samples": [],
        }
        for each in asked
    ]
    return {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": f"{asked[0].evaluated}s",
        "tests": [{"interval": every, "input_series": series, "promql_expr_test": questions}],
    }
