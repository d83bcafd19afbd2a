"""All rules of an SLO file, played over given series by promtool, with what queries and alerts answer meanwhile.

promtool evaluates every group at one interval. Where that is 30 s, the rules of the five-minute groups are held back to
every fifth minute, so that recorded series have the samples that they have in a server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from slostack import plain_yaml, promtool
from slostack.playing.needed import needed
from slostack.rules import AlertingRule, RuleGroup, service_groups
from slostack.rules.model import rules_yaml
from slostack.spec import parse_service

HEAD = """
service: api
description: An API
team: web
scrape: [{job: api, interval: 15s, timeout: 10s}]
"""
MINUTE, HOUR, DAY = 60, 3600, 86400
_ANSWER = re.compile(r"^    expr: .*? time: \S+?,$\n +exp: .*$\n +got: (.*)$", re.MULTILINE)
_SAMPLE = re.compile(r"([\w:]*)(?:\{((?:[^\"}]|\"(?:[^\"\\]|\\.)*\")*)\})? (\S+?)(?:, |$)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_NEVER = [{"labels": '{never="answered"}', "value": 0}]

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Played:
    """What each query answered at each time (seconds): values by label sets, without the metric's name."""

    answers: Mapping[tuple[str, int], Mapping[Labels, float]]

    def value(self, query: str, at: int) -> float | None:
        """The value of a query's one series; None where there is none."""
        answer = self.answers[query, at]
        assert len(answer) <= 1, f"{query} at {at} s gave {len(answer)} series"
        return next(iter(answer.values()), None)

    def values(self, query: str, at: int, label: str) -> dict[str, float]:
        """The values of a query's series, by the value of one label."""
        return {dict(labels).get(label, ""): value for labels, value in self.answers[query, at].items()}


def slo_file(slo: str, *, head: str = HEAD, objective: float = 99.9, window: str = "30d") -> str:
    """An SLO file of one SLO, "it", with further keys (`sli: …`) in YAML."""
    keys = {"name": "it", "description": "It works", "objective": objective, "window": window, "runbook": "a.md"}
    return head + plain_yaml.dump({"slos": [{**keys, **plain_yaml.load(slo)}]})


def play(
    file: str,
    series: Mapping[str, str],
    asked: Mapping[str, Iterable[int]],
    *,
    step: int = 15,
    every: int = 30,
    start: str | None = None,
) -> Played:
    """Evaluates the rules `every` so many seconds over series with a sample each `step` seconds."""
    groups = tuple(_held_back(group, every) for group in service_groups(parse_service(file, "api.yaml")))
    cases = [(query, at) for query, times in asked.items() for at in times]
    tests = [{"expr": query, "eval_time": f"{at}s", "exp_samples": _NEVER} for query, at in cases]
    output = _run(groups, series, step, every, start, {"promql_expr_test": tests})
    found = _ANSWER.findall(output)
    assert len(found) == len(cases), output
    return Played({case: _samples(answer) for case, answer in zip(cases, found, strict=True)})


def ask(queries: Iterable[str], at: int, start: str) -> list[dict[Labels, float]]:
    """What queries that need no series answer, so many seconds after a time."""
    tests = [{"expr": query, "eval_time": f"{at}s", "exp_samples": _NEVER} for query in queries]
    output = _run((), {}, DAY, DAY, start, {"promql_expr_test": tests})
    found = _ANSWER.findall(output)
    assert len(found) == len(tests), output
    return [_samples(answer) for answer in found]


def annotated(file: str, series: Mapping[str, str], alert: str, at: int, *, step: int = 15, every: int = 30) -> str:
    """What promtool prints of the firing alerts of a name: their labels and expanded annotations, as JSON."""
    groups = tuple(_held_back(group, every) for group in service_groups(parse_service(file, "api.yaml")))
    never = [{"exp_labels": {"never": "fires"}, "exp_annotations": {}}]
    cases = [{"alertname": alert, "eval_time": f"{at}s", "exp_alerts": never}]
    return _run(groups, series, step, every, None, {"alert_rule_test": cases})


def repeated(value: str, times: int) -> str:
    """A value of promtool's notation, so many times in a row."""
    return " ".join([value] * times)


def _held_back(group: RuleGroup, every: int) -> RuleGroup:
    if group.interval.seconds <= every:
        return group
    due = f"and on () (vector(time() % {group.interval.seconds}) == 0)"
    assert not any(isinstance(rule, AlertingRule) for rule in group.rules)
    return replace(group, rules=tuple(replace(rule, expr=f"({rule.expr}) {due}") for rule in group.rules))


def _run(
    groups: tuple[RuleGroup, ...],
    series: Mapping[str, str],
    step: int,
    every: int,
    start: str | None,
    cases: Mapping[str, Any],
) -> str:
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    test = {"interval": f"{step}s", "input_series": inputs, **cases}
    if start:
        test["start_timestamp"] = start
    with TemporaryDirectory(prefix="slostack-rules-") as name:
        folder = Path(name)
        rules = plain_yaml.load(rules_yaml(groups, "a test"))["groups"]
        exprs = [each["expr"] for each in cases.get("promql_expr_test", ())]
        alerts = [each["alertname"] for each in cases.get("alert_rule_test", ())]
        own = needed(rules or (), exprs, alerts, series)
        (folder / "rules.yaml").write_text(json.dumps({"groups": own}), encoding="utf-8")
        fixture = {
            "rule_files": ["rules.yaml"],
            "evaluation_interval": f"{every}s",
            "group_eval_order": [group.name for group in groups],
            "tests": [test],
        }
        (folder / "fixture.yaml").write_text(plain_yaml.dump(fixture), encoding="utf-8")
        return promtool.test_rules(folder / "fixture.yaml").output


def _samples(answer: str) -> dict[Labels, float]:
    if answer == "nil":
        return {}
    return {frozenset(_LABEL.findall(labels)): float(value) for _, labels, value in _SAMPLE.findall(answer)}
