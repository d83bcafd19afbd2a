"""What changed in rule files: alerts and recording rules by their group and name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from slostack import names
from slostack.bundle import RUNBOOK_URL
from slostack.errors import SlostackError
from slostack.review.changes import Change, Detail, difference, pairs
from slostack.review.promql import changed_promql, one_line
from slostack.spec.quantities import Duration
from slostack.spec.source import describe


class _Part(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)


class Rule(_Part):
    """A recording or alerting rule as a rule file holds it."""

    record: str | None = None
    alert: str | None = None
    expr: str
    for_: str | None = Field(None, alias="for")
    keep_firing_for: str | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}

    @property
    def name(self) -> str:
        """The alert's or the recorded metric's name."""
        return self.alert or self.record or ""


class RuleGroup(_Part):
    """A group of rules as a rule file holds it."""

    name: str
    interval: str | None = None
    labels: dict[str, str] = {}
    rules: tuple[Rule, ...] = ()


class _RuleFile(_Part):
    groups: tuple[RuleGroup, ...]


@dataclass(frozen=True)
class RuleKey:
    """What tells a rule from the others: its group and name, the tier of a burn-rate alert, and else its position."""

    group: str
    name: str
    tier: str
    nth: int


Rules = Mapping[RuleKey, Rule]


def read_rules(text: str, path: str) -> tuple[RuleGroup, ...]:
    """The groups of a rule file's text; raises SlostackError where it is none."""
    try:
        return _RuleFile.model_validate(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))).groups
    except (yaml.YAMLError, UnicodeError) as error:
        reason = one_line(str(error))
        raise SlostackError(f"{path}: not YAML ({reason}), expected a Prometheus rule file") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        what = f"{path}: {where}: {describe(first['input'])} ({first['msg']}), expected a Prometheus rule file"
        raise SlostackError(what) from None


def keyed(groups: tuple[RuleGroup, ...], *, alerts: bool) -> dict[RuleKey, Rule]:
    """All alerts, or all recording rules, of some groups by what tells them apart."""
    seen: Counter[tuple[str, str, str]] = Counter()
    found = {}
    for group in groups:
        for rule in group.rules:
            if bool(rule.alert) == alerts:
                key = (group.name, rule.name, rule.labels.get(names.TIER, ""))
                found[RuleKey(*key, seen[key])] = rule
                seen[key] += 1
    return found


def group_changes(old: tuple[RuleGroup, ...], new: tuple[RuleGroup, ...]) -> Iterator[Change]:
    """What changed in the groups themselves: how often they are evaluated, and the labels of all their rules."""
    for name, was, now in pairs({group.name: group for group in old}, {group.name: group for group in new}):
        if was and now:
            details = (
                *difference("interval", _duration(was.interval), _duration(now.interval)),
                *_labels(was.labels, now.labels),
            )
            if details:
                yield Change("changed", name, details)


def alert_changes(old: Rules, new: Rules) -> Iterator[Change]:
    """What changed in alerts: expression, durations, severity, other labels and texts."""
    for key, was, now in pairs(old, new):
        if was is None and now is not None:
            yield Change("added", key.name, _summary(now), key.group)
        elif now is None:
            yield Change("removed", key.name, (), key.group)
        elif was and now and (details := (*_rule_details(was, now), *_texts(was, now))):
            yield Change("changed", key.name, details, key.group)


def recording_changes(old: Rules, new: Rules) -> Iterator[Change]:
    """What changed in recording rules, with their expressions before and after."""
    for key, was, now in pairs(old, new):
        if was is None and now is not None:
            yield Change("added", key.name, (Detail("expr", after=one_line(now.expr)),), key.group)
        elif now is None:
            yield Change("removed", key.name, (), key.group)
        elif was and now and (details := _rule_details(was, now)):
            yield Change("changed", key.name, details, key.group)


def recording_names(old: Rules, new: Rules) -> Iterator[Change]:
    """What changed in generated recording rules, by name; a group that came or went as a whole by its own name.

    Expressions and labels follow from fields that are named elsewhere; the series that only holds these as labels is
    left out.
    """
    before, after = (Counter(key.group for key in side) for side in (old, new))
    for group, was, now in pairs(before, after):
        if not was or not now:
            yield Change("removed" if was else "added", group, (Detail(f"{was or now} rules"),))
    for change in recording_changes(old, new):
        if not before[change.group] or not after[change.group]:
            continue
        if change.kind != "changed":
            yield Change(change.kind, change.name, (), change.group)
        elif change.name != names.INFO:
            yield Change("changed", change.name, tuple(Detail(detail.field) for detail in change.details), change.group)


def _rule_details(old: Rule, new: Rule) -> tuple[Detail, ...]:
    return (
        *changed_promql("expr", old.expr, new.expr),
        *difference("for", _duration(old.for_), _duration(new.for_)),
        *difference("keep firing for", _duration(old.keep_firing_for), _duration(new.keep_firing_for)),
        *_labels(old.labels, new.labels),
    )


def _labels(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Detail]:
    for label, was, now in pairs(old, new):
        yield from difference(label if label == names.SEVERITY else f"label {label}", was, now)


def _texts(old: Rule, new: Rule) -> Iterator[Detail]:
    """Changed annotations; a description that only repeats the summary is not named again."""
    for name, was, now in pairs(old.annotations, new.annotations):
        repeats = (
            name == "description" and was == old.annotations.get("summary") and now == new.annotations.get("summary")
        )
        if not repeats:
            yield from difference(*_text(name, was, now))


def _text(name: str, *texts: str | None) -> tuple[str, str | None, str | None]:
    before, after = (text and one_line(text).removeprefix(f"{RUNBOOK_URL}/") for text in texts)
    return "runbook" if name == "runbook_url" else name, before, after


def _summary(rule: Rule) -> tuple[Detail, ...]:
    return (
        *difference("severity", None, rule.labels.get(names.SEVERITY)),
        *difference("for", None, _duration(rule.for_)),
        Detail("expr", after=one_line(rule.expr)),
    )


def _duration(text: str | None) -> str | None:
    """A duration as Prometheus writes it, so that 60m and 1h are the same."""
    try:
        return text and str(Duration.parse(text))
    except ValueError:
        return text
