"""The rules that questions depend on. promtool evaluates every rule at every step, which is most of what a test costs;
without those that nobody asks for, directly or not, the answers are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from tests.unit.promql import selectors

Rule = Mapping[str, Any]
Group = Mapping[str, Any]
_ALERTS = ("ALERTS", "ALERTS_FOR_STATE")
_WORD = re.compile(r"[a-zA-Z_:][\w:]*")


class Wanted(NamedTuple):
    """Series of a name (None is any) whose labels have some values."""

    name: str | None
    labels: frozenset[tuple[str, str]] = frozenset()


def needed(groups: Iterable[Group], asked: Iterable[str], alerts: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Rule groups, as in a rule file, with the rules alone that expressions or alerts of these names depend on."""
    groups = list(groups)
    rules = [
        (number, rule, group.get("labels") or {}) for number, group in enumerate(groups) for rule in group["rules"]
    ]
    if not rules:
        return []
    wanted = {each for expr in asked for each in _read(expr)}
    wanted |= {Wanted("ALERTS", frozenset({("alertname", name)})) for name in alerts}
    records = {rule["record"] for _, rule, _ in rules if "record" in rule}
    kept: set[int] = set()
    while True:
        found = {
            index
            for index, (_, rule, labels) in enumerate(rules)
            if index not in kept and any(_gives(rule, labels, each) for each in wanted)
        }
        if not found:
            break
        kept |= found
        wanted = {each for index in found for each in _read_by(rules[index][1], records)}
    return [
        {**group, "rules": own}
        for number, group in enumerate(groups)
        if (own := [rule for index, (of, rule, _) in enumerate(rules) if of == number and index in kept])
    ]


def _gives(rule: Rule, group_labels: Mapping[str, str], wanted: Wanted) -> bool:
    if "record" in rule:
        if wanted.name not in (None, rule["record"]):
            return False
        known = {**group_labels, **(rule.get("labels") or {})}
    else:
        if wanted.name not in (None, *_ALERTS):
            return False
        known = {**group_labels, **rule["labels"], "alertname": rule["alert"]}
    return all("{{" in known.get(label, "{{") or known[label] == value for label, value in wanted.labels)


def _read_by(rule: Rule, records: set[str]) -> Iterator[Wanted]:
    yield from _read(rule["expr"])
    for text in (rule.get("annotations") or {}).values():
        yield from (Wanted(word) for word in _WORD.findall(text) if word in records)


@cache
def _read(expr: str) -> tuple[Wanted, ...]:
    return tuple(
        Wanted(
            selector.name or next((each.value for each in equal if each.name == "__name__"), None),
            frozenset((each.name, each.value) for each in equal if each.value and each.name not in _UNKNOWN),
        )
        for selector in selectors(str(expr))
        for equal in [[each for each in selector.matchers.matchers if str(each.op) == "MatchOp.Equal"]]
    )


_UNKNOWN = ("__name__", "alertstate")
"""What rules don't say themselves."""
