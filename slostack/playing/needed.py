"""The rules that questions depend on. promtool evaluates every rule at every step, which is most of what a test costs;
without those that nobody asks for, directly or not, and those that have nothing to read, the answers are the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from slostack.fixtures.regex import NotUnderstood, as_python
from slostack.spec.syntax import parse_promql, vector_selectors

Rule = Mapping[str, Any]
Group = Mapping[str, Any]
_ALERTS = ("ALERTS", "ALERTS_FOR_STATE")
_WORD = re.compile(r"[a-zA-Z_:][\w:]*")
_FROM_NOTHING = re.compile(r"\b(or|unless|absent|absent_over_time|vector|scalar)\b")
"""What may give something although a series that it reads isn't there."""


class Wanted(NamedTuple):
    """Series of a name (None is any) whose labels match regular expressions."""

    name: str | None
    labels: frozenset[tuple[str, str]] = frozenset()


def needed(
    groups: Iterable[Group], asked: Iterable[str], alerts: Sequence[str] = (), given: Iterable[str] | None = None
) -> list[dict[str, Any]]:
    """Rule groups, as in a rule file, with the rules alone that expressions or alerts of these names depend on. Where
    no alert is asked for, nobody reads annotations: they are left out with what they ask for. Where all series that are
    given are known, rules that can't give anything are left out."""
    read = [dict(group) if alerts else _without_annotations(group) for group in groups]
    if given is not None:
        read = _able(read, {series[0] if (series := _WORD.match(each)) else None for each in given})
    rules = [(number, rule, group.get("labels") or {}) for number, group in enumerate(read) for rule in group["rules"]]
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
        for number, group in enumerate(read)
        if (own := [rule for index, (of, rule, _) in enumerate(rules) if of == number and index in kept])
    ]


def _without_annotations(group: Group) -> dict[str, Any]:
    rules = [{key: value for key, value in rule.items() if key != "annotations"} for rule in group["rules"]]
    return {**group, "rules": rules}


def _able(groups: list[dict[str, Any]], given: Collection[str | None]) -> list[dict[str, Any]]:
    """Those that can give something, from series of these names (None is unknown)."""
    if None in given:
        return groups
    while True:
        rules = [rule for group in groups for rule in group["rules"]]
        there = {*given, *(rule.get("record") or "ALERTS" for rule in rules)}
        able = [
            {**group, "rules": own}
            for group in groups
            if (own := [rule for rule in group["rules"] if _can_give(rule["expr"], there)])
        ]
        if sum(len(group["rules"]) for group in able) == len(rules):
            return able
        groups = able


def _can_give(expr: str, there: Collection[str | None]) -> bool:
    names = {None if each.name in (None, *_ALERTS[1:]) else each.name for each in _read(expr)}
    return bool(_FROM_NOTHING.search(str(expr))) or names <= {None, *there}


def _gives(rule: Rule, group_labels: Mapping[str, str], wanted: Wanted) -> bool:
    if "record" in rule:
        if wanted.name not in (None, rule["record"]):
            return False
        known = {**group_labels, **(rule.get("labels") or {})}
    else:
        if wanted.name not in (None, *_ALERTS):
            return False
        known = {**group_labels, **(rule.get("labels") or {}), "alertname": rule["alert"]}
    return all(
        "{{" in (found := str(known.get(label, "{{"))) or as_python(value).fullmatch(found)
        for label, value in wanted.labels
    )


def _read_by(rule: Rule, records: set[str]) -> Iterator[Wanted]:
    yield from _read(rule["expr"])
    for text in (rule.get("annotations") or {}).values():
        yield from (Wanted(word) for word in _WORD.findall(str(text)) if word in records)


@cache
def _read(expr: str) -> tuple[Wanted, ...]:
    return tuple(
        Wanted(
            selector.name or next((each.value for each in matchers if _is_name(each)), None),
            frozenset((each.name, _pattern(each)) for each in matchers if _tells(each)),
        )
        for selector in vector_selectors(parse_promql(str(expr)))
        for matchers in [selector.matchers.matchers]
    )


def _is_name(matcher: Any) -> bool:
    return matcher.name == "__name__" and str(matcher.op) == "MatchOp.Equal"


def _tells(matcher: Any) -> bool:
    """Whether it is met by a value alone that rules say themselves."""
    if str(matcher.op) not in ("MatchOp.Equal", "MatchOp.Re") or matcher.name in ("__name__", "alertstate"):
        return False
    try:
        return not as_python(_pattern(matcher)).fullmatch("")
    except NotUnderstood:
        return False


def _pattern(matcher: Any) -> str:
    return re.escape(matcher.value) if str(matcher.op) == "MatchOp.Equal" else str(matcher.value)
