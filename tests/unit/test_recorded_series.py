"""The names and labels of recorded series are stable, and docs/metrics.md has all of them: others build on them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from slostack.rules import RecordingRule, service_groups
from slostack.rules.logs import log_groups
from slostack.rules.service import alert_groups
from slostack.spec import parse_service
from slostack.spec.windows import CALENDARS
from tests.unit.recorded import recorded, service
from tests.unit.spec.switching_on import slo_file

DOCUMENT = (Path(__file__).parents[2] / "docs/metrics.md").read_text(encoding="utf-8")

GROUP = frozenset({"route"})
"""The label by which the SLOs are grouped."""
ALONE: frozenset[str] = frozenset()
SERIES = {
    "slo:bad_events:count5m": ("5m", GROUP),
    "slo:burn_rate:<calendar>": ("30s", GROUP),
    "slo:burn_rate:rate<window>": ("30s", GROUP),
    "slo:error_budget:ratio": ("30s", ALONE),
    "slo:error_budget_exhaustion:seconds": ("30s", GROUP),
    "slo:error_budget_remaining:ratio": ("30s", GROUP),
    "slo:error_ratio:<calendar>": ("30s", GROUP),
    "slo:error_ratio:rate<window>": ("30s", GROUP),
    "slo:events:count5m": ("5m", GROUP),
    "slo:events:rate<window>": ("30s", GROUP),
    "slo:failures:count<window>": ("30s", GROUP),
    "slo:groups_refused:count": ("30s", ALONE),
    "slo:info": ("30s", frozenset({"team", "window", "sli", "journey"})),
    "slo:log_bad_events:count1m": ("1m", GROUP),
    "slo:log_events:count1m": ("1m", GROUP),
    "slo:maintenance:bool": ("30s", ALONE),
    "slo:objective:ratio": ("30s", ALONE),
    "slo:slice:value": ("30s", GROUP),
    "slo:up:bool": ("30s", ALONE),
    "slo:window_bad_events:count": ("30s", GROUP),
    "slo:window_events:count": ("30s", GROUP),
}
"""How often each series is recorded, and its labels beside service and slo. To change one is to break dashboards,
queries and the history of every SLO: add another instead."""
INTERNAL = {
    "slo:error_budget_remaining:ratio:tier": ("5m", GROUP),
    "slo:error_ratio:<calendar>:tier": ("5m", GROUP),
    "slo:error_ratio:rate<window>:tier": ("5m", GROUP),
    "slo:failures:count<window>:tier": ("5m", GROUP),
    "slo:good_events:count5m": ("5m", GROUP),
    "slo:group_admitted:bool": ("30s", GROUP),
    "slo:outage_events:count5m": ("5m", GROUP),
    "slo:page_ended:bool": ("30s", GROUP),
    "slo:page_over:bool": ("30s", GROUP),
    "slo:period_bad_events:count5m": ("5m", GROUP | {"period"}),
    "slo:period_events:count5m": ("5m", GROUP | {"period"}),
    "slo:uncounted_since:timestamp": ("5m", GROUP),
    "slo:window_bad_events:count:tier": ("5m", GROUP),
    "slo:window_events:count:tier": ("5m", GROUP),
}
OF_ALERTS = {"slo:stored:bool": ("30s", frozenset({"team"}))}
"""Beside those of SLOs, and without `slo`."""
SIGNALS = {
    "signal:alert:nearness": ("30s", frozenset({"signal", "alert", "prefix"})),
    "signal:alert:value": ("30s", frozenset({"signal", "alert", "prefix"})),
}
AFTER_MISSED_COUNTS = "slo:uncounted_since:timestamp"
OF_GROUPS = {"slo:groups_refused:count", "slo:group_admitted:bool"}
ALL = {**SERIES, **INTERNAL}


def general(name: str) -> str:
    """A series' name with `<window>` and `<calendar>` for those that it is recorded over."""
    name = re.sub(rf":({'|'.join(CALENDARS)})\b", ":<calendar>", name)
    return (
        name
        if name.endswith(("count5m", "count1m")) and "failures" not in name
        else re.sub(r":(rate|count)([0-9]+[dhm])+", r":\1<window>", name)
    )


def test_names_and_their_intervals_are_those_that_others_build_on() -> None:
    of = service("[route]")
    intervals = {
        general(rule.record): str(group.interval)
        for group in (*service_groups(of), *log_groups(of))
        for rule in group.rules
        if isinstance(rule, RecordingRule)
    }
    assert intervals == {name: interval for name, (interval, _) in ALL.items()}


@pytest.mark.parametrize("group_by", ["[]", "[route]"])
def test_the_labels_of_every_series_are_those_that_others_build_on(group_by: str, tmp_path: Path) -> None:
    found: dict[str, set[frozenset[str]]] = {}
    for name, labels in recorded(service(group_by), tmp_path).items():
        found.setdefault(general(name), set()).update(labels)
    left_out, grouped = (frozenset(), OF_GROUPS) if group_by == "[route]" else (GROUP, set())
    assert found == {
        name: {frozenset({"service", "slo"}) | labels - left_out}
        for name, (_, labels) in ALL.items()
        if (grouped or name not in OF_GROUPS) and name != AFTER_MISSED_COUNTS
    }


def documented(text: str) -> dict[str, tuple[str, frozenset[str]]]:
    """The series of the tables in a part of the document: interval and labels by name."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")
    ]
    return {name.strip("`"): (every, _labels(labels)) for name, labels, _unit, every, _meaning in rows}


def _labels(cell: str) -> frozenset[str]:
    of_the_file = {"group_by": "route", "labels": "journey"}
    return frozenset(of_the_file.get(label, label) for label in re.findall("`([a-z_]+)`", cell))


def test_the_document_has_every_series() -> None:
    public, _, internal = DOCUMENT.partition("## Internal")
    public, _, of_signals = public.partition("## Of signals")
    assert documented(public) == SERIES
    assert documented(of_signals) == SIGNALS
    assert documented(internal) == {**INTERNAL, **OF_ALERTS}


@pytest.mark.parametrize(("signals", "names"), [({"up": {}}, set(OF_ALERTS)), ({"process": {}}, set())])
def test_what_is_recorded_for_alerts_is_there_where_one_asks_for_absence(
    signals: dict[str, Any], names: set[str]
) -> None:
    (group,) = alert_groups(parse_service(slo_file(signals), "shop.yaml"))
    recorded = [rule for rule in group.rules if isinstance(rule, RecordingRule)]
    assert {rule.record for rule in recorded} == names
    assert list(group.rules[: len(recorded)]) == recorded, "alerts of the same evaluation see it"
