"""Compressed rules do at real times what the rules do at the played ones: the project's own fixtures prove it."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml, promtool
from slostack.playing import with_its_rules
from tests.gameday.clock import Clock
from tests.gameday.compressed import durations, promql

RULES = Path(__file__).parents[1] / "rules"
FIXTURES = [
    *(file for file in sorted((RULES / "learnsnap").glob("*.yaml")) if not file.stem.startswith("burn-")),
    *(RULES / "generated" / "learnsnap" / "availability" / f"{name}.yaml" for name in ("counts", "page-5m")),
    *(
        RULES / "stack" / f"{name}.yaml"
        for name in ("disk-filling-up", "certificate-expiring", "notifications-failing")
    ),
]
"""Alerts of every kind, five-minute counts with outages, a page; `time()`, dates, trends, `rate` and `increase`."""
FACTOR = 30
CLOCK = Clock(1_800_000_000, FACTOR)
_NO_NUMBER = re.compile(r"(values: )(0x.*)")
"""Samples that YAML would take for a hexadecimal number."""


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda file: file.stem)
def test_a_fixture_passes_in_compressed_time_as_it_is(fixture: Path, tmp_path: Path) -> None:
    copy = with_its_rules(fixture, tmp_path)
    files = {file: plain_yaml.load(_NO_NUMBER.sub(r"\1'\2'", file.read_text())) for file in tmp_path.rglob("*.yaml")}
    of_fixture = files.pop(copy)
    for start in dict.fromkeys(map(_start, of_fixture["tests"])):
        clock = Clock(start, FACTOR)
        tests = [test for test in of_fixture["tests"] if _start(test) == start]
        for file, document in (*files.items(), (copy, {**of_fixture, "tests": tests})):
            file.write_text(json.dumps(durations(document, clock), default=datetime.isoformat))
        result = promtool.test_rules(copy)
        assert result.passed, result.output


def _start(test: dict[str, Any]) -> int:
    start = test.get("start_timestamp", 0)
    return int(start.timestamp()) if isinstance(start, datetime) else int(start)


@pytest.mark.parametrize(
    ("expr", "compressed"),
    [
        ('sum(up{a="5m"}[5m:30s] offset -1h30m)', 'sum(up{a="5m"}[10000ms:1000ms] offset -180000ms)'),
        ("rate(a[5m])", "(rate(a[10000ms]) / 30)"),
        ("sum by (le) (rate(a[5m]))", "sum by(le) ((rate(a[10000ms]) / 30))"),
        ("increase(a[5m]) / 300", "increase(a[10000ms]) / 300"),
        ("time() - a", "(1800000000 + (time() - 1800000000) * 30) - a"),
        ("timestamp(a @ end())", "(1800000000 + (timestamp(a @ end()) - 1800000000) * 30)"),
        ("a @ 1800000300", "a @ 1800000010.000"),
        ("hour() > 1", "hour(vector((1800000000 + (time() - 1800000000) * 30))) > 1"),
        ("predict_linear(a[6h], 4 * 86400)", "predict_linear(a[720000ms], ( 4 * 86400) / 30)"),
        ("4 * prometheus_rule_group_interval_seconds", "4 * (prometheus_rule_group_interval_seconds * 30)"),
        ('{job="a"} | json | took > 10s [5m]', '{job="a"} | json | took > 10s [10000ms]'),
    ],
)
def test_what_goes_by_the_clock_is_converted_and_nothing_else(expr: str, compressed: str) -> None:
    assert promql(expr, CLOCK) == compressed


def test_durations_of_a_config_are_divided() -> None:
    config = {"scrape_interval": "15s", "groups": [{"interval": "5m", "rules": [{"for": "1m", "labels": {"w": "1h"}}]}]}
    assert durations(config, CLOCK) == {
        "scrape_interval": "500ms",
        "groups": [{"interval": "10000ms", "rules": [{"for": "2000ms", "labels": {"w": "1h"}}]}],
    }
