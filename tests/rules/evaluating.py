"""One rule's expression over given series, evaluated by promtool: for pasts that no run of the rules can have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from slostack import plain_yaml, promtool
from slostack.rules import RecordingRule, service_groups
from slostack.spec import parse_service

SLO_FILE = """
service: api
description: An API
team: web
scrape: [{job: api, interval: 30s}]
slos:
  - name: success
    description: Requests succeed
    objective: 99.9
    sli: {events: {bad: bad_total, total: all_total}, up: 'up{job="api"}'}
    runbook: a.md
"""


def expression(record: str, file: str = SLO_FILE) -> str:
    """The expression that records a series of an SLO file's only SLO, by default of that above."""
    rules = [rule for group in service_groups(parse_service(file, "api.yaml")) for rule in group.rules]
    (found,) = [rule.expr for rule in rules if isinstance(rule, RecordingRule) and rule.record == record]
    return found


def evaluate(
    expr: str,
    series: Mapping[str, str],
    at: str,
    folder: Path,
    interval: str = "30s",
    recorded: Mapping[str, str] | None = None,
) -> float | None:
    """The one value of an expression over series in promtool's notation; None where it has none. What is `recorded`,
    by name, is computed before it, and at the start."""
    rules = folder / "rules.yaml"
    group = {
        "name": "before",
        "rules": [
            {"record": name, "expr": before, "labels": {"service": "api", "slo": "success"}}
            for name, before in (recorded or {}).items()
        ],
    }
    rules.write_text(plain_yaml.dump({"groups": [group]}), encoding="utf-8")
    expected = [{"expr": expr, "eval_time": at, "exp_samples": [{"labels": "{}", "value": -1}]}]
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    test = {"interval": interval, "input_series": inputs, "promql_expr_test": expected}
    fixture = folder / "fixture.yaml"
    fixture.write_text(
        plain_yaml.dump({"rule_files": [str(rules)], "evaluation_interval": at, "tests": [test]}), encoding="utf-8"
    )
    output = promtool.test_rules(fixture).output
    (got,) = [line for line in output.splitlines() if line.strip().startswith("got:")]
    return None if got.endswith("nil") else float(got.split()[-1])
