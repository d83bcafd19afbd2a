"""Without the rules that nobody asks for, the answers are those of all rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slostack.playing.needed import needed
from tests.rules.conftest import read_yaml
from tests.rules.playing import HOUR, Played, play, slo_file

SLO = "sli: {events: {bad: bad_total, total: all_total}, up: up}\nalerting: {spent: {share: 1}, absence: {}}"
SERIES = {"all_total": "0+150x600", "bad_total": "0x240 0+30x60 1800x300", "up": "1x600"}
QUESTIONS = (
    'ALERTS{alertname="ErrorBudgetBurn",tier="page-5m"}',
    'ALERTS{alertname="ErrorBudgetSpent"}',
    "slo:error_budget_remaining:ratio",
    "slo:error_budget_exhaustion:seconds",
    "slo:error_ratio:rate6h",
)
TIMES = (HOUR + 300, HOUR + 900, 2 * HOUR)


def groups(*rules: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": "a", "rules": list(rules)}]


def names(of: list[dict[str, Any]]) -> list[str]:
    return [rule.get("record") or rule["alert"] for group in of for rule in group["rules"]]


def test_what_is_read_is_kept_however_indirectly() -> None:
    found = groups(
        {"record": "a", "expr": "x"},
        {"record": "b", "expr": "sum(a) + 1"},
        {"record": "c", "expr": "x"},
        {"alert": "A", "expr": "b > 1", "labels": {"tier": "1"}, "annotations": {"summary": '{{ query "c" }}'}},
        {"alert": "B", "expr": 'x unless ALERTS{alertname="A"}', "labels": {}, "annotations": {}},
    )
    assert names(needed(found, ["b"])) == ["a", "b"]
    assert names(needed(found, [], ["B"])) == ["a", "b", "c", "A", "B"]
    assert names(needed(found, ['ALERTS{alertname="A",tier="2"}'])) == []
    assert names(needed(found, ['{__name__=~"a|c"}'])) == ["a", "b", "c", "A", "B"]
    assert names(needed(found, ["ALERTS"])) == ["a", "b", "A", "B"]
    assert needed(found, ["x"]) == []


def test_rules_of_other_label_values_are_not() -> None:
    found = [
        {"name": "g", "labels": {"slo": slo}, "rules": [{"record": "r", "expr": "x", "labels": {"window": "1h"}}]}
        for slo in ("one", "two")
    ]
    assert len(needed(found, ["r"])) == 2
    assert len(needed(found, ['r{slo="one"}'])) == 1
    assert len(needed(found, ['r{slo="one",window="2h"}'])) == 0
    assert len(needed(found, ['r{route="/"}'])) == 2


@pytest.fixture(scope="module")
def among_all() -> Played:
    """All questions, and one that every rule answers, beside a series of an unknown name: no rule is left out."""
    unknown = {'{__name__="anything"}': "0x600"}
    return play(slo_file(SLO), SERIES | unknown, dict.fromkeys(QUESTIONS, TIMES) | {'{__name__=~".+"}': [30]})


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_is_that_of_all_rules(question: str, among_all: Played) -> None:
    alone = play(slo_file(SLO), SERIES, {question: TIMES}).answers
    assert alone == {(question, at): among_all.answers[question, at] for at in TIMES}
    assert any(alone.values())


def test_rules_of_no_matching_label_are_not() -> None:
    found = [
        {"name": "g", "rules": [{"alert": "A", "expr": "x", "labels": {"tier": tier}} for tier in ("fast", "slow")]}
    ]
    assert len(needed(found, ['ALERTS{tier=~"fast|middle"}'])[0]["rules"]) == 1
    assert len(needed(found, ['ALERTS{tier=~"fast|"}'])[0]["rules"]) == 2
    assert len(needed(found, ['ALERTS{tier!="fast"}'])[0]["rules"]) == 2


def test_rules_that_have_nothing_to_read_are_not() -> None:
    found = groups(
        {"record": "a", "expr": "sum(rate(x[5m])) / y"},
        {"record": "b", "expr": "a and z"},
        {"record": "c", "expr": "x or a"},
        {"record": "d", "expr": "d offset 5m + x"},
        {"record": "e", "expr": "absent(a)"},
        {"alert": "A", "expr": "b > 1", "labels": {}},
        {"record": "f", "expr": "count(ALERTS)"},
    )
    every = ['{__name__=~".+"}', "ALERTS"]
    assert names(needed(found, every, given=['x{le="1"}', "z"])) == ["c", "d", "e"]
    assert names(needed(found, every, given=["x", "y", "z"])) == ["a", "b", "c", "d", "e", "A", "f"]
    assert names(needed(found, every, given=['{__name__="x"}'])) == ["a", "b", "c", "d", "e", "A", "f"]


def test_few_rules_are_left_for_a_question_about_one_window() -> None:
    file = read_yaml(Path(__file__).parents[2] / "alert_rules/learnsnap.yaml")["groups"]
    left = needed(file, ['slo:error_ratio:rate1h{slo="availability"}'])
    assert 1 <= sum(len(group["rules"]) for group in left) <= 4
