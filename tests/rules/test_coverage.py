"""Every alert, and every tier of the burn-rate alert, has fixtures in which it fires and in which it is silent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from slostack import names
from slostack.spec.quantities import Selector
from tests.rules.conftest import read_yaml
from tests.unit.signals.test_fixtures import FIXTURES, asked_of, fixture

HERE = Path(__file__).parent
RULE_FILES = sorted((HERE.parents[1] / "alert_rules").glob("*.yaml"))
ALERTS = re.compile(r"ALERTS\{[^}]*\}")
LABEL = re.compile(r'(\w+)="([^"]*)"')


class Alert(NamedTuple):
    """An alert of a rule file; the tier is None for all but burn-rate alerts."""

    rule_file: Path
    name: str
    tier: str | None = None

    def __str__(self) -> str:
        return f"{self.rule_file.stem}-{self.name}" + (f"-{self.tier}" if self.tier else "")


@cache
def alerts(rule_file: Path) -> set[Alert]:
    """The alerts that a rule file defines."""
    rules = [rule for group in read_yaml(rule_file)["groups"] for rule in group["rules"]]
    return {Alert(rule_file, rule["alert"], rule["labels"].get(names.TIER)) for rule in rules if "alert" in rule}


@cache
def firing() -> frozenset[Alert]:
    """The alerts that some fixture expects to fire."""
    return frozenset(_covered(expected_to_fire=True)) | _covered_in_short("fires")


@cache
def silent() -> frozenset[Alert]:
    """The alerts that some fixture expects to be silent."""
    return frozenset(_covered(expected_to_fire=False)) | _covered_in_short("silent")


def _covered_in_short(state: str) -> frozenset[Alert]:
    """Those of services' fixtures in short."""
    of = {rule_file.stem: rule_file for rule_file in RULE_FILES}
    paths = [path for path in FIXTURES if "signals" not in fixture(path)]
    return frozenset(Alert(of[path.stem], name) for path in paths for name in asked_of(path, state))


def _covered(*, expected_to_fire: bool) -> Iterator[Alert]:
    for path in sorted(HERE.rglob("*.yaml")):
        fixture = read_yaml(path)
        known = {alert for name in fixture["rule_files"] for alert in alerts((path.parent / name).resolve())}
        for test in fixture["tests"]:
            for name, asked_tiers, firing_tiers in _expectations(test):
                for alert in known:
                    asked = alert.name == name and asked_tiers.fullmatch(alert.tier or "")
                    if asked and ((alert.tier or "") in firing_tiers) == expected_to_fire:
                        yield alert


def _expectations(test: dict[str, Any]) -> Iterator[tuple[str, re.Pattern[str], set[str]]]:
    """Each alert that a test asks for: its name, a pattern of the tiers asked for, and those of them that are to fire.

    The tier of an alert without tiers is empty. What names no alert or asks for pending ones is left out, and so are
    the tiers where the samples don't name them.
    """
    for case in test.get("alert_rule_test") or ():
        labels = [alert["exp_labels"] for alert in case.get("exp_alerts") or ()]
        yield case["alertname"], re.compile(".*"), {alert.get(names.TIER, "") for alert in labels}
    for case in test.get("promql_expr_test") or ():
        samples = [dict(LABEL.findall(sample.get("labels", ""))) for sample in case.get("exp_samples") or ()]
        for selector in map(Selector.parse, ALERTS.findall(case["expr"])):
            asked = {matcher.label: matcher for matcher in selector.matchers if matcher.operator in ("=", "=~")}
            states = {sample.get("alertstate") for sample in samples}
            fires = states == {"firing"} or ("alertstate" in asked and asked["alertstate"].value == "firing")
            if "alertname" in asked and (fires or ("alertstate" not in asked and not samples)):
                tiers = asked[names.TIER].value if names.TIER in asked else ".*"
                told = tiers if not samples or names.TIER in samples[0] else ""
                yield asked["alertname"].value, re.compile(told), {sample.get(names.TIER, "") for sample in samples}


@pytest.mark.parametrize("alert", sorted({alert for path in RULE_FILES for alert in alerts(path)}, key=str), ids=str)
def test_an_alert_has_a_fixture_in_which_it_fires_and_one_in_which_it_is_silent(alert: Alert) -> None:
    missing = [state for state, covered in (("fires", firing()), ("is silent", silent())) if alert not in covered]
    assert not missing, (
        f"no fixture below tests/rules loads {alert.rule_file.name} and says when {alert} " + " or ".join(missing)
    )
