"""Every alert of the library fires at its time and is silent just below, as promtool plays it, and so do the services'.

A fixture has `signals`, or the name of a `service` in slos/, and cases: series in promtool's notation, and when which
alerts fire or are silent. What the alerts' group records is there all the time, unless a case says when.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml
from slostack.playing import play
from slostack.rules.model import AlertingRule, RuleGroup, rules_yaml
from slostack.rules.service import alert_groups
from slostack.spec import load_service, parse_service
from slostack.spec.signal_library import signal_library
from tests.unit.spec.switching_on import slo_file

LIBRARY = signal_library()
ROOT = Path(__file__).parents[3]
FIXTURES = sorted(Path(__file__).parent.glob("**/*.yaml"))


@cache
def fixture(path: Path) -> dict[str, Any]:
    """A fixture's data."""
    found: dict[str, Any] = plain_yaml.load(path.read_text(encoding="utf-8"))
    return found


def asked_of(path: Path, state: str) -> set[str]:
    """The alerts that a fixture expects to fire, or to be silent."""
    return {alert for case in fixture(path)["cases"] for alert in case.get(state) or ()}


def differences(case: dict[str, Any], data: dict[str, Any], group: RuleGroup, folder: Path) -> str:
    """What promtool says of a case, played against those alerts alone that it asks for; nothing where all is right."""
    asked = {alert for state in ("fires", "silent") for alert in case.get(state) or ()}
    assert asked <= {rule.alert for rule in group.rules if isinstance(rule, AlertingRule)}
    told = {series.partition("{")[0] for series in case.get("series") or ()}
    rules = tuple(
        rule
        for rule in group.rules
        if (rule.alert in asked if isinstance(rule, AlertingRule) else rule.record not in told)
    )
    (folder / "rules.yaml").write_text(rules_yaml((replace(group, rules=rules),), "a test"), encoding="utf-8")
    played = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": case.get("evaluated") or data.get("evaluated", "30s"),
        "tests": [promtool_test(case)],
    }
    (folder / "fixture.yaml").write_text(plain_yaml.dump(played), encoding="utf-8")
    result = play(folder / "fixture.yaml")
    return "" if result.passed else f": {result.output}"


def promtool_test(case: dict[str, Any]) -> dict[str, Any]:
    """A case as promtool has it."""
    asked = []
    for state, expected in (("fires", [{"labels": "{}", "value": 1}]), ("silent", [])):
        for alert, times in (case.get(state) or {}).items():
            expr = f'group(ALERTS{{alertname="{alert}",alertstate="firing"}})'
            asked += [{"expr": expr, "eval_time": time, "exp_samples": expected} for time in times]
    inputs = [{"series": series, "values": values} for series, values in (case.get("series") or {}).items()]
    return {
        "name": case["case"],
        "interval": case.get("every", "1m"),
        "input_series": inputs,
        "promql_expr_test": asked,
    }


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_alerts_fire_and_are_silent(path: Path, tmp_path: Path) -> None:
    data = fixture(path)
    service = (
        parse_service(slo_file(data["signals"], **data.get("beside", {})), path.name)
        if "signals" in data
        else load_service(ROOT / f"slos/{path.stem}.yaml", ROOT)
    )
    (group,) = alert_groups(service)
    failed = [case["case"] + output for case in data["cases"] if (output := differences(case, data, group, tmp_path))]
    assert failed == []


def test_every_alert_of_the_library_fires_in_a_fixture_and_is_silent_in_one() -> None:
    for state in ("fires", "silent"):
        asked = {alert for path in FIXTURES if "signals" in fixture(path) for alert in asked_of(path, state)}
        assert {alert.name for signal in LIBRARY.values() for alert in signal.alerts} - asked == set(), state
