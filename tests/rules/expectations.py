"""What the fixtures expect of alerts: promtool's own, and those in short of tests/unit/signals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from slostack import names
from slostack.spec import Duration
from slostack.spec.quantities import Selector
from tests.rules.conftest import read_yaml
from tests.unit.signals.test_fixtures import FIXTURES, fixture

HERE = Path(__file__).parent
RULE_FILES = sorted((HERE.parents[1] / "alert_rules").glob("*.yaml"))
_ALERTS = re.compile(r"ALERTS\{[^}]*\}")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_TIME = re.compile(r"(\d+)([smhdw])")


class Alert(NamedTuple):
    """An alert of a rule file; the tier is None for all but burn-rate alerts."""

    rule_file: Path
    name: str
    tier: str | None = None

    def __str__(self) -> str:
        return f"{self.rule_file.stem}-{self.name}" + (f"-{self.tier}" if self.tier else "")


class Expectation(NamedTuple):
    """That an alert, of an SLO where it names one, fires or is silent at a time (in seconds) of one case of a fixture,
    which is evaluated so often."""

    alert: Alert
    slo: str | None
    fixture: Path
    case: int
    at: int
    fires: bool
    evaluated: int


@cache
def alerts(rule_file: Path) -> frozenset[Alert]:
    """The alerts that a rule file defines."""
    rules = [rule for group in read_yaml(rule_file)["groups"] for rule in group["rules"]]
    return frozenset(
        Alert(rule_file, rule["alert"], rule["labels"].get(names.TIER)) for rule in rules if "alert" in rule
    )


@cache
def expectations() -> tuple[Expectation, ...]:
    """All of them. Of pending alerts nothing is said, nor of tiers where samples don't name them."""
    return (*_in_short(), *_of_promtool())


def _in_short() -> Iterator[Expectation]:
    """Those of the services' fixtures in short."""
    of = {rule_file.stem: rule_file for rule_file in RULE_FILES}
    for path in (path for path in FIXTURES if "signals" not in fixture(path)):
        data = fixture(path)
        for number, case in enumerate(data["cases"]):
            evaluated = seconds(case.get("evaluated") or data.get("evaluated", "30s"))
            for state in ("fires", "silent"):
                for name, times in (case.get(state) or {}).items():
                    for at in times:
                        alert = Alert(of[path.stem], name)
                        yield Expectation(alert, None, path, number, seconds(at), state == "fires", evaluated)


def _of_promtool() -> Iterator[Expectation]:
    for path in sorted(HERE.rglob("*.yaml")):
        data = read_yaml(path)
        known = {alert for name in data["rule_files"] for alert in alerts((path.parent / name).resolve())}
        evaluated = seconds(data.get("evaluation_interval", "1m"))
        for number, test in enumerate(data["tests"]):
            for name, slo, at, asked_tiers, firing_tiers in _asked(test):
                for alert in known:
                    if alert.name == name and asked_tiers.fullmatch(alert.tier or ""):
                        yield Expectation(alert, slo, path, number, at, (alert.tier or "") in firing_tiers, evaluated)


def _asked(test: dict[str, Any]) -> Iterator[tuple[str, str | None, int, re.Pattern[str], set[str]]]:
    """Each alert that a test asks for: its name, its SLO, when, a pattern of the tiers, and which are to fire.

    The tier of an alert without tiers is empty.
    """
    for case in test.get("alert_rule_test") or ():
        labels = [alert["exp_labels"] for alert in case.get("exp_alerts") or ()]
        firing = {alert.get(names.TIER, "") for alert in labels}
        slo = next((alert[names.SLO] for alert in labels if names.SLO in alert), None)
        yield case["alertname"], slo, seconds(case["eval_time"]), re.compile(".*"), firing
    for case in test.get("promql_expr_test") or ():
        samples = [dict(_LABEL.findall(sample.get("labels", ""))) for sample in case.get("exp_samples") or ()]
        for selector in map(Selector.parse, _ALERTS.findall(case["expr"])):
            asked = {matcher.label: matcher for matcher in selector.matchers if matcher.operator in ("=", "=~")}
            states = {sample.get("alertstate") for sample in samples}
            fires = states == {"firing"} or ("alertstate" in asked and asked["alertstate"].value == "firing")
            if "alertname" in asked and (fires or ("alertstate" not in asked and not samples)):
                tiers = asked[names.TIER].value if names.TIER in asked else ".*"
                told = tiers if not samples or names.TIER in samples[0] else ""
                firing = {sample.get(names.TIER, "") for sample in samples}
                slo = asked[names.SLO].value if names.SLO in asked else None
                yield asked["alertname"].value, slo, seconds(case["eval_time"]), re.compile(told), firing


def seconds(time: str) -> int:
    """A promtool time in seconds: `9d12h`, `10m15s`, `0m`."""
    assert _TIME.sub("", str(time)) in ("", "0"), time
    return sum(int(number) * Duration.parse(f"1{unit}").seconds for number, unit in _TIME.findall(str(time)))
